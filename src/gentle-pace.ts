import { noRest, type Pace } from './work-in-parts.ts';
import { monotonicMs } from './time/monotonic-clock.ts';
import { startTimer } from './time/timers.ts';

/** A rest is so many times as long as the part before it: the work takes a sixteenth of the time. */
const restsPerPart = 15;
/** Whatever a part has met (a collection of garbage for one): nobody waits longer for the next. */
const longestRestMs = 100;

/**
 * For work that is not urgent: most of the time belongs to what comes meanwhile, so that hardly any
 * event meets a part of it. It rests for a limited time in all, and goes on without rest after that.
 */
export class GentlePace implements Pace {
  #leftMs: number;
  #restedMs = 0;
  #isHurried = false;
  #endRest: (() => void) | undefined;

  /** `restMs`: how long it rests in all, in milliseconds. */
  constructor(restMs: number) {
    this.#leftMs = restMs;
  }

  async rest(partMs: number): Promise<void> {
    if (this.#leftMs <= 0 || this.#isHurried) {
      return noRest.rest(partMs);
    }
    const restMs = Math.min(partMs * restsPerPart, longestRestMs, this.#leftMs);
    this.#leftMs -= restMs;
    const startedAt = monotonicMs();
    await new Promise<void>((resolve) => {
      const timer = startTimer(resolve, restMs);
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#restedMs += monotonicMs() - startedAt;
  }

  /** How long it has rested so far, in milliseconds. */
  get restedMs(): number {
    return this.#restedMs;
  }

  /** Somebody waits for the work: no rest from now on. */
  hurry(): void {
    this.#isHurried = true;
    this.#endRest?.();
  }
}
