/** Adds up the time that named parts of a process take, in milliseconds. */
export class Stopwatch {
  readonly #parts = new Map<string, number>();

  add(part: string, ms: number): void {
    this.#parts.set(part, (this.#parts.get(part) ?? 0) + ms);
  }

  async time<T>(part: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.add(part, performance.now() - startedAt);
    }
  }

  /** 0 for a part that was never timed. */
  total(part: string): number {
    return this.#parts.get(part) ?? 0;
  }

  /** What was timed so far counts no more. */
  reset(): void {
    this.#parts.clear();
  }
}
