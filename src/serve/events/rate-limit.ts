/** So many at once, and then one each `everyMs`. Times in milliseconds. */
export class RateLimit {
  readonly #burst: number;
  readonly #everyMs: number;
  #left: number;
  #countedAtMs: number;

  constructor(burst: number, everyMs: number, nowMs: number) {
    this.#burst = burst;
    this.#everyMs = everyMs;
    this.#left = burst;
    this.#countedAtMs = nowMs;
  }

  /** Counts one where it may be had now; else returns how long to wait before asking again. */
  take(nowMs: number): { readonly waitMs: number } | 'taken' {
    const earned = (nowMs - this.#countedAtMs) / this.#everyMs;
    this.#left = Math.min(this.#left + earned, this.#burst);
    this.#countedAtMs = nowMs;
    if (this.#left < 1) {
      return { waitMs: Math.ceil((1 - this.#left) * this.#everyMs) };
    }
    this.#left -= 1;
    return 'taken';
  }
}
