/** How long failed objects wait before they are tried again, in milliseconds. */
export interface BackOffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
}

const defaultOptions: BackOffOptions = { firstMs: 100, longestMs: 30_000 };

/** What became of an object that has not succeeded since. */
export interface Waiting {
  readonly failures: number;
  readonly dueAtMs: number;
  /** When it failed first. */
  readonly sinceMs: number;
  /** Why it failed last, where that was said. */
  readonly error: Error | undefined;
}

/** Per object: each further failure doubles the wait. Times are those of one clock. Pure. */
export class BackOff {
  readonly #options: BackOffOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: Partial<BackOffOptions> = {}) {
    this.#options = { ...defaultOptions, ...options };
  }

  failed(key: string, nowMs: number, error?: Error): void {
    const before = this.#waiting.get(key);
    const failures = (before?.failures ?? 0) + 1;
    const waitMs = Math.min(this.#options.firstMs * 2 ** (failures - 1), this.#options.longestMs);
    const sinceMs = before?.sinceMs ?? nowMs;
    this.#waiting.set(key, { failures, dueAtMs: nowMs + waitMs, sinceMs, error });
  }

  succeeded(key: string): void {
    if (this.#waiting.size > 0) {
      this.#waiting.delete(key);
    }
  }

  /** Whether any object failed and has not succeeded since. */
  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  isDue(key: string, nowMs: number): boolean {
    const waiting = this.#waiting.get(key);
    return waiting === undefined || waiting.dueAtMs <= nowMs;
  }

  /** When the next object is due; undefined where none waits. */
  nextDueAtMs(): number | undefined {
    let next: number | undefined;
    for (const { dueAtMs } of this.#waiting.values()) {
      next = next === undefined ? dueAtMs : Math.min(next, dueAtMs);
    }
    return next;
  }

  /** What is known of one; undefined where it has not failed, or has succeeded since. */
  waiting(key: string): Waiting | undefined {
    return this.#waiting.get(key);
  }

  /** The objects that failed and have not succeeded since. */
  keys(): readonly string[] {
    return [...this.#waiting.keys()];
  }
}
