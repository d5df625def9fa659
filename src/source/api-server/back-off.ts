const firstDelayMs = 800;
const longestDelayMs = 30_000;

/**
 * How long to wait after errors in a row, as client-go's reflector does: from 0.8 s
 * on, twice as long each time, up to 30 s; each spread to up to its double, so that
 * the nodes of a cluster do not come back in step.
 */
export class BackOff {
  readonly #random: () => number;
  #delayMs = firstDelayMs;

  /** `random` answers numbers from 0 up to 1, as Math.random does. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Nothing has failed since the last success. */
  get isFresh(): boolean {
    return this.#delayMs === firstDelayMs;
  }

  /** The wait after one more failure, in milliseconds. */
  next(): number {
    const delayMs = this.#delayMs * (1 + this.#random());
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
    return delayMs;
  }

  /** To be called after a success. */
  reset(): void {
    this.#delayMs = firstDelayMs;
  }
}
