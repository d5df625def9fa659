/** When a change came, on both clocks. */
interface Arrival {
  /** Milliseconds of `performance.now`. */
  readonly arrivedAt: number;
  /** Milliseconds since 1970: when the Pod changed; undefined where nobody says. */
  readonly triggeredAt: number | undefined;
}

/** How long one change took, in milliseconds. */
export interface Latency {
  readonly sinceArrivalMs: number;
  readonly sinceTriggerMs: number | undefined;
}

/**
 * How long changes take from their arrival to the kernel. Changes of one Service that come
 * while it waits count once, from the first.
 */
export class Latencies {
  #waiting = new Map<string, Arrival>();

  /** A change has arrived. */
  note(service: string, arrivedAt: number, triggeredAt: number | undefined): void {
    if (!this.#waiting.has(service)) {
      this.#waiting.set(service, { arrivedAt, triggeredAt });
    }
  }

  /**
   * Takes what waits into a round; answers what to call when the round has succeeded, with the time
   * of `performance.now` in milliseconds and with who is told of each. `epochNow` is asked where
   * somebody says when it began.
   */
  take(): (nowMs: number, tell: (latency: Latency) => void, epochNow?: () => number) => void {
    const arrivals = this.#waiting;
    this.#waiting = new Map();
    return (nowMs, tell, epochNow = Date.now) => {
      arrivals.forEach(({ arrivedAt, triggeredAt }) => {
        tell({
          sinceArrivalMs: nowMs - arrivedAt,
          sinceTriggerMs:
            triggeredAt === undefined ? undefined : Math.max(epochNow() - triggeredAt, 0),
        });
      });
    };
  }
}
