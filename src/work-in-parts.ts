import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a part may take before others get their turn, in milliseconds. */
const partMs = 1;

/** How many items are gone over before the clock is looked at, where each takes some microseconds. */
const itemsPerLook = 50;

/**
 * Long work that is done in parts, so that an event waits for one of them and not for all: after
 * each item, `if (parts.isOver()) await parts.pause()`.
 */
export class WorkInParts {
  #unlooked = 0;
  #startedAt = performance.now();

  /** Whether it is the turn of others, after an item that stands for so many small ones. */
  isOver(smallItems = 1): boolean {
    this.#unlooked += smallItems;
    if (this.#unlooked < itemsPerLook) {
      return false;
    }
    this.#unlooked = 0;
    return performance.now() - this.#startedAt >= partMs;
  }

  /** Lets the event loop do what is waiting. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#startedAt = performance.now();
  }
}

/** Does `work` for each item, in parts; `smallItemsIn` says for how many small ones each stands. */
export async function eachInParts<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  smallItemsIn: (item: T) => number = () => 1,
): Promise<void> {
  const parts = new WorkInParts();
  for (const item of items) {
    work(item);
    if (parts.isOver(smallItemsIn(item))) {
      await parts.pause();
    }
  }
}
