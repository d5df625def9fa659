import { formatEndpoint, IpAddress } from '../../net/ip-address.ts';

const space = 32;
const minus = 45;
const zero = 48;
const nine = 57;
const colon = 58;
const bracket = 91;

/** More are never looked at. */
const mostTokens = 6;
const ipv4Digits = 8;

/**
 * `0A600A01:0050` or `[fd00:0096:0000:0000:0000:0000:0000:0030]:0050`, an address and a port in
 * hexadecimal. One of IPv4 stays a number until somebody asks for more.
 */
export class HexEndpoint {
  port = 0;
  #word = 0;
  #ipv6: IpAddress | undefined;

  /** Takes the text from `start` to `end`; false where it makes no sense. */
  read(text: Buffer, start: number, end: number): boolean {
    const separator = text.lastIndexOf(colon, end - 1);
    const port = hexNumber(text, separator + 1, end);
    if (separator < start || port === undefined) {
      return false;
    }
    this.port = port;
    this.#ipv6 = undefined;
    if (text[start] === bracket) {
      this.#ipv6 = IpAddress.parse(text.toString('latin1', start + 1, separator - 1));
      return this.#ipv6 !== undefined;
    }
    const word = separator - start === ipv4Digits ? hexNumber(text, start, separator) : undefined;
    this.#word = (word ?? 0) | 0;
    return word !== undefined;
  }

  address(): IpAddress {
    return this.#ipv6 ?? IpAddress.fromIpv4(this.#word);
  }

  /** `10.244.0.7:8080`. */
  format(): string {
    return formatEndpoint(this.address(), this.port);
  }

  isAt({ address, port }: { readonly address: IpAddress; readonly port: number }): boolean {
    if (port !== this.port) {
      return false;
    }
    return this.#ipv6 === undefined
      ? address.family === 'IPv4' && address.word0 === this.#word
      : address.equals(this.#ipv6);
  }
}

/** The first words of a line of text, by where they lie; the same object serves for each line. */
export class Tokens {
  count = 0;
  readonly #starts = new Int32Array(mostTokens);
  readonly #ends = new Int32Array(mostTokens);
  #text: Buffer = Buffer.alloc(0);

  read(text: Buffer, start: number, end: number): this {
    this.#text = text;
    this.count = 0;
    let at = start;
    while (at < end && this.count < mostTokens) {
      while (at < end && text[at] === space) {
        at += 1;
      }
      if (at < end) {
        this.#starts[this.count] = at;
        while (at < end && text[at] !== space) {
          at += 1;
        }
        this.#ends[this.count] = at;
        this.count += 1;
      }
    }
    return this;
  }

  /** Whether a token is this word. */
  is(index: number, word: string): boolean {
    const start = this.#start(index);
    if (this.#end(index) - start !== word.length) {
      return false;
    }
    for (let at = 0; at < word.length; at += 1) {
      if (this.#text[start + at] !== word.charCodeAt(at)) {
        return false;
      }
    }
    return true;
  }

  /** A decimal number; NaN for anything else. */
  number(index: number): number {
    const start = this.#start(index);
    const end = this.#end(index);
    const isNegative = this.#text[start] === minus;
    const first = isNegative ? start + 1 : start;
    if (first >= end) {
      return Number.NaN;
    }
    let value = 0;
    for (let at = first; at < end; at += 1) {
      const digit = this.#text[at] ?? 0;
      if (digit < zero || digit > nine) {
        return Number.NaN;
      }
      value = value * 10 + digit - zero;
    }
    return isNegative ? -value : value;
  }

  /** Reads an endpoint; false where there is none. */
  endpoint(index: number, into: HexEndpoint): boolean {
    return index < this.count && into.read(this.#text, this.#start(index), this.#end(index));
  }

  #start(index: number): number {
    return index < this.count ? (this.#starts[index] ?? 0) : 0;
  }

  #end(index: number): number {
    return index < this.count ? (this.#ends[index] ?? 0) : 0;
  }
}

/** Undefined where it is empty, or holds another character than a hexadecimal digit. */
function hexNumber(text: Buffer, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = hexDigit(text[at] ?? 0);
    if (digit === -1) {
      return undefined;
    }
    value = value * 16 + digit;
  }
  return end > start ? value : undefined;
}

function hexDigit(character: number): number {
  if (character >= zero && character <= nine) {
    return character - zero;
  }
  // Upper and lower case differ in this bit alone.
  const letter = (character | 0x20) - 97;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
