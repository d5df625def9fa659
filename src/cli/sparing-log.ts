import { RateLimit } from '../serve/events/rate-limit.ts';
import type { Logger } from '../base/log.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';

/** The same message comes so often in a row, and then once each so many milliseconds. */
const atOnce = 3;
const onceEachMs = 60_000;

type Level = 'info' | 'warn';

/**
 * A log for what may happen often, whatever the node goes through: a message that has been written a
 * few times is held back to the level debug, and the next one says how many were.
 */
export class SparingLog {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #messages = new Map<string, { readonly limit: RateLimit; heldBack: number }>();

  /** `now` in milliseconds of the monotonic clock. */
  constructor(log: Logger, now: () => number = monotonicMs) {
    this.#log = log;
    this.#now = now;
  }

  write(level: Level, message: string, details: object = {}): void {
    const nowMs = this.#now();
    const known = this.#messages.get(message) ?? {
      limit: new RateLimit(atOnce, onceEachMs, nowMs),
      heldBack: 0,
    };
    this.#messages.set(message, known);
    if (known.limit.take(nowMs) !== 'taken') {
      known.heldBack += 1;
      this.#log.debug(details, message);
      return;
    }
    const { heldBack } = known;
    known.heldBack = 0;
    this.#log[level](heldBack === 0 ? details : { ...details, heldBack }, message);
  }
}
