import { wallClockMs } from '../base/time/wall-clock.ts';

/** When a change came, on both clocks. */
interface Arrival {
  /** Milliseconds of the monotonic clock. */
  readonly arrivedAt: number;
  /** Milliseconds since 1970: when the Pod changed; undefined where nobody says. */
  readonly triggeredAt: number | undefined;
}

/** An hour: the last bucket of the histogram ends at 270 s. */
const longestSinceTriggerMs = 3_600_000;

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
   * of the monotonic clock in milliseconds and with who is told of each. `epochNow` is asked where
   * somebody says when it began.
   */
  take(): (nowMs: number, tell: (latency: Latency) => void, epochNow?: () => number) => void {
    const arrivals = this.#waiting;
    this.#waiting = new Map();
    return (nowMs, tell, epochNow = wallClockMs) => {
      arrivals.forEach(({ arrivedAt, triggeredAt }) => {
        const sinceArrivalMs = nowMs - arrivedAt;
        tell({
          sinceArrivalMs,
          sinceTriggerMs:
            triggeredAt === undefined
              ? undefined
              : between(sinceArrivalMs, epochNow() - triggeredAt),
        });
      });
    };
  }
}

/**
 * A change cannot have been triggered after it arrived here, whatever the clocks of two machines say;
 * and where one of them is wrong by years, one value must not spoil a sum for good.
 */
function between(sinceArrivalMs: number, sinceTriggerMs: number): number {
  return Math.max(Math.min(sinceTriggerMs, longestSinceTriggerMs), sinceArrivalMs);
}
