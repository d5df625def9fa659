import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a part may take before others get their turn, in milliseconds. */
const partMs = 1;

/** How many items are gone over before the clock is looked at, where each takes some microseconds. */
const smallItemsPerLook = 50;

/**
 * Long work that is done in parts, so that an event waits for one of them and not for all: after
 * each item, `if (parts.isOver()) await parts.pause()`.
 */
export class WorkInParts {
  readonly #itemsPerLook: number;
  #items = 0;
  #startedAt = performance.now();

  constructor(itemsPerLook = smallItemsPerLook) {
    this.#itemsPerLook = itemsPerLook;
  }

  /** Whether it is the turn of others. */
  isOver(): boolean {
    this.#items += 1;
    return this.#items % this.#itemsPerLook === 0 && performance.now() - this.#startedAt >= partMs;
  }

  /** Lets the event loop do what is waiting. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#startedAt = performance.now();
  }
}

/** Does `work` for each item, in parts. */
export async function eachInParts<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  const parts = new WorkInParts();
  for (const item of items) {
    work(item);
    if (parts.isOver()) {
      await parts.pause();
    }
  }
}
