import { monotonicMs } from '../../base/time/monotonic-clock.ts';
import { pause, startTimer } from '../../base/time/timers.ts';

/** Time and chance, so that tests can set them. */
export interface Clock {
  /** Milliseconds of a clock that never goes back, as performance.now has them. */
  now(): number;
  /** Resolves early when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls back once, after the time given. Answers the way to prevent that. */
  after(ms: number, callback: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
}

/** The time of this process. */
export const systemClock: Clock = {
  now: monotonicMs,
  random: () => Math.random(),
  sleep: async (ms, signal) => {
    // An aborted sleep has ended early, as it should.
    await pause(ms, signal).catch(() => undefined);
  },
  after: (ms, callback) => {
    const timer = startTimer(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
