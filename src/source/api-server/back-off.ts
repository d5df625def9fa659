const firstDelayMs = 400;
const longestDelayMs = 15_000;

/**
 * How long to wait after errors in a row. A wait is spread to up to its double, so that
 * the nodes of a cluster do not come back in step.
 */
export class BackOff {
  readonly #random: () => number;
  #delayMs = firstDelayMs;

  /** `random` answers numbers from 0 up to 1, as Math.random does. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * The wait after one more failure, in milliseconds: from 0.4 s on, twice as long each
   * time, up to 15 s, which jitter makes 30 s, the longest that client-go waits.
   */
  next(): number {
    const delayMs = this.#spread(this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
    return delayMs;
  }

  /** A wait that does not grow, in milliseconds: less than a second. */
  steady(): number {
    return this.#spread(firstDelayMs);
  }

  /** To be called after a success. */
  reset(): void {
    this.#delayMs = firstDelayMs;
  }

  #spread(delayMs: number): number {
    return delayMs * (1 + this.#random());
  }
}
