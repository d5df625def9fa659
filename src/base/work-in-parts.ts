import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicMs } from './time/monotonic-clock.ts';
import { pause } from './time/timers.ts';

/** How long a part may take before others get their turn, in milliseconds. */
const partMs = 1;

/** How many items are gone over before the clock is looked at, where each takes some microseconds. */
const itemsPerLook = 50;

/** How long work makes way for others between two parts. */
export interface Pace {
  /** Resolves when the next part may begin, after one that took so many milliseconds. */
  rest(partMs: number): Promise<void>;
}

/** What waits in the event loop gets its turn, and no more. */
export const noRest: Pace = { rest: () => nextTurn() };

/** Half of the time belongs to others: for work that nobody waits for. */
export const restAsLong: Pace = { rest: (ms) => pause(ms) };

/**
 * Long work that is done in parts, so that an event waits for one of them and not for all: after
 * each item, `if (parts.isOver()) await parts.pause()`.
 */
export class WorkInParts {
  readonly #pace: Pace;
  #unlooked = 0;
  #startedAt = monotonicMs();

  constructor(pace: Pace = noRest) {
    this.#pace = pace;
  }

  /** A part begins now, after waiting for something else. */
  begin(): void {
    this.#startedAt = monotonicMs();
  }

  /** Whether it is the turn of others, after an item that stands for so many small ones. */
  isOver(smallItems = 1): boolean {
    this.#unlooked += smallItems;
    if (this.#unlooked < itemsPerLook) {
      return false;
    }
    this.#unlooked = 0;
    return monotonicMs() - this.#startedAt >= partMs;
  }

  /** Lets the event loop do what is waiting. */
  async pause(): Promise<void> {
    await this.#pace.rest(monotonicMs() - this.#startedAt);
    this.begin();
  }
}
