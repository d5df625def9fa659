import { cut, render, windowOf, type Line, type Span } from './spans.ts';
import type { Key } from './terminal.ts';

/** What is to be seen: a part of a longer list, perhaps. */
export interface ScreenContent {
  /** The titles of the columns. */
  readonly head: Line;
  readonly lines: readonly Line[];
  /** Whether lines come before the first one, and behind the last one, that are not here. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

const empty: ScreenContent = {
  head: { key: 'head', spans: [] },
  lines: [],
  hasBefore: false,
  hasAfter: false,
};

/** How many columns an arrow key goes to the side. */
const sideStep = 8;

/**
 * A window over lines that keeps its place: whatever comes and goes above it, the line at its top stays
 * there, and where that line is gone the next one that is left. Pure but for what it keeps.
 */
export class WatchScreen {
  #rows = 24;
  #columns = 80;
  #content = empty;
  #top = 0;
  #left = 0;
  /** An end of the whole list that is on its way. */
  #goal: 'start' | 'end' | undefined;

  resize(rows: number, columns: number): void {
    this.#rows = Math.max(rows, 3);
    this.#columns = Math.max(columns, 10);
    this.#clamp();
  }

  /** How many lines are seen: a row is for the head, and one for the status. */
  get height(): number {
    return this.#rows - 2;
  }

  setContent(content: ScreenContent): void {
    const keys = this.#content.lines.slice(this.#top).map(({ key }) => key);
    const places = new Map(content.lines.map(({ key }, index) => [key, index]));
    const kept = keys.map((key) => places.get(key)).find((place) => place !== undefined);
    const staysAtStart = this.#top === 0 && !this.#content.hasBefore;
    this.#content = content;
    if (!content.hasBefore && (staysAtStart || this.#goal === 'start')) {
      this.#top = 0;
      this.#goal = undefined;
    } else if (!content.hasAfter && this.#goal === 'end') {
      this.#top = content.lines.length;
      this.#goal = undefined;
    } else {
      this.#top = kept ?? this.#top;
    }
    this.#clamp();
  }

  /** The line at the top; undefined where there is none. */
  get first(): Line | undefined {
    return this.#content.lines[this.#top];
  }

  /** Whether lines that are not here are about to be seen. */
  get wantsMore(): boolean {
    const { lines, hasBefore, hasAfter } = this.#content;
    const below = lines.length - this.#top - this.height;
    return (hasBefore && this.#top < this.height) || (hasAfter && below < this.height);
  }

  /** The first column is seen again. */
  toLeft(): void {
    this.#left = 0;
  }

  press(key: Key): void {
    const { hasBefore, hasAfter, lines } = this.#content;
    this.#goal = undefined;
    if (key === 'start') {
      this.#top = 0;
      this.#goal = hasBefore ? 'start' : undefined;
    } else if (key === 'end') {
      this.#top = lines.length;
      this.#goal = hasAfter ? 'end' : undefined;
    } else {
      this.#move(key);
    }
    this.#clamp();
  }

  #move(key: Key): void {
    switch (key) {
      case 'up':
        this.#top -= 1;
        break;
      case 'down':
        this.#top += 1;
        break;
      case 'page up':
        this.#top -= this.height - 1;
        break;
      case 'page down':
        this.#top += this.height - 1;
        break;
      case 'left':
        this.#left = Math.max(0, this.#left - sideStep);
        break;
      case 'right':
        this.#left = Math.min(this.#left + sideStep, this.#widest());
        break;
      default:
        // No matter of the window.
        break;
    }
  }

  /** All rows of the screen, the status at the bottom. */
  frame(status: readonly Span[], withColours: boolean): readonly string[] {
    const { head, lines } = this.#content;
    const row = (line: Line): string =>
      render(windowOf(line, this.#left, this.#columns), withColours);
    const seen = lines.slice(this.#top, this.#top + this.height).map(row);
    const blank = Array.from({ length: this.height - seen.length }, () => '');
    return [row(head), ...seen, ...blank, render(cut(status, 0, this.#columns), withColours)];
  }

  #widest(): number {
    const seen = this.#content.lines.slice(this.#top, this.#top + this.height);
    const widths = [this.#content.head, ...seen].map(({ spans }) =>
      spans.reduce((sum, { text }) => sum + text.length, 0),
    );
    return Math.max(0, Math.max(...widths) - this.#columns);
  }

  #clamp(): void {
    const last = Math.max(0, this.#content.lines.length - this.height);
    this.#top = Math.min(Math.max(this.#top, 0), last);
  }
}
