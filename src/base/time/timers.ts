import { setTimeout as delay } from 'node:timers/promises';

/**
 * The longest wait of a timer, in milliseconds: 24.8 days. Node takes a longer one for 1 ms, so that
 * what was to happen in a month would happen a thousand times a second.
 */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls back once after so many milliseconds, and no later than after `longestTimerMs`: who waits for
 * longer looks at the clock again then. `clearTimeout` prevents it.
 */
export function startTimer(callback: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(callback, boundedMs(ms));
}

/** Calls back every so many milliseconds, at least every `longestTimerMs`, until `clearInterval`. */
export function startInterval(callback: () => void, ms: number): NodeJS.Timeout {
  return setInterval(callback, boundedMs(ms));
}

/** Resolves as `startTimer` calls back. Rejects when the signal, where one is given, is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return delay(boundedMs(ms), undefined, signal === undefined ? {} : { signal });
}

function boundedMs(ms: number): number {
  return Math.min(Math.max(ms, 1), longestTimerMs);
}
