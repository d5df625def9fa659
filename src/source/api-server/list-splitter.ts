const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Whether the text ends where the list's items begin. */
const endsAtItems = /"items"\s*:\s*\[$/;
const betweenItems = /^[\s,]*$/;

/** The depth of braces and brackets inside the array of items, and inside an item. */
const itemsDepth = 2;
const itemDepth = 3;

/**
 * Takes a list in JSON piece by piece, as it arrives, and hands over each of its items
 * as soon as its last brace is there: no more than one item is held, whatever the
 * length of the list. What is no JSON throws a SyntaxError, at the latest at the end.
 */
export class ListSplitter {
  readonly #onItem: (raw: unknown) => void;
  /** The list without its items. */
  readonly #envelope: string[] = [];
  /** What has arrived of the present item, without the present piece. */
  #item: string[] = [];
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isInItems = false;

  constructor(onItem: (raw: unknown) => void) {
    this.#onItem = onItem;
  }

  push(piece: string): void {
    let start = 0;
    for (let index = 0; index < piece.length; index += 1) {
      const code = piece.charCodeAt(index);
      if (this.#isInString) {
        this.#passString(code);
      } else if (code === quote) {
        this.#isInString = true;
      } else if (code === openBrace || code === openBracket) {
        start = this.#open(code, piece, start, index);
      } else if (code === closeBrace || code === closeBracket) {
        start = this.#close(piece, start, index);
      }
    }
    this.#keep(piece.slice(start));
  }

  /** The list with an empty array in the place of its items, once all has arrived. */
  end(): unknown {
    return JSON.parse(this.#envelope.join(''));
  }

  #passString(code: number): void {
    if (this.#isEscaped) {
      this.#isEscaped = false;
    } else if (code === backslash) {
      this.#isEscaped = true;
    } else if (code === quote) {
      this.#isInString = false;
    }
  }

  /** Returns where in the piece the part begins that is not stored yet. */
  #open(code: number, piece: string, start: number, index: number): number {
    this.#depth += 1;
    if (this.#isInItems && this.#depth === itemDepth) {
      this.#keepGap(piece.slice(start, index));
      return index;
    }
    if (!this.#isInItems && code === openBracket && this.#depth === itemsDepth) {
      this.#envelope.push(piece.slice(start, index + 1));
      this.#isInItems = endsAtItems.test(this.#envelope.join(''));
      return index + 1;
    }
    return start;
  }

  #close(piece: string, start: number, index: number): number {
    this.#depth -= 1;
    if (this.#isInItems && this.#depth === itemsDepth) {
      const text = this.#item.join('') + piece.slice(start, index + 1);
      this.#item = [];
      this.#onItem(JSON.parse(text));
      return index + 1;
    }
    if (this.#isInItems && this.#depth < itemsDepth) {
      this.#keepGap(piece.slice(start, index));
      this.#isInItems = false;
      return index;
    }
    return start;
  }

  #keep(text: string): void {
    if (!this.#isInItems) {
      this.#envelope.push(text);
    } else if (this.#depth >= itemDepth) {
      this.#item.push(text);
    } else {
      this.#keepGap(text);
    }
  }

  /** Between two items there is nothing worth keeping. */
  #keepGap(text: string): void {
    if (!betweenItems.test(text)) {
      throw new SyntaxError('the list holds something that is not an object');
    }
  }
}
