import { asError } from '../../base/as-error.ts';
import { namespaceOf } from './event-body.ts';
import type { ProgramEvent } from './event.ts';
import { RateLimit } from './rate-limit.ts';
import { monotonicMs } from '../../base/time/monotonic-clock.ts';
import { pause } from '../../base/time/timers.ts';

/** Where Events go. */
export interface EventRecorder {
  record(event: ProgramEvent): void;
  /** Gives what waits a moment to be written, and ends. */
  close(): Promise<void>;
}

/** Writes one Event; rejects where the API server does not take it, or the signal is aborted. */
export type WriteEvent = (event: ProgramEvent, signal: AbortSignal) => Promise<void>;

/** How long the same Event about the same object is not repeated, in milliseconds. */
const repeatAfterMs = 3_600_000;

/** How many Events may wait; a flood of bad Services must not fill the memory. */
const waitingAtMost = 500;

/**
 * Every node of a cluster finds the same faults in Services. A node writes so many Events at once,
 * and then one each so many milliseconds.
 */
const burst = 25;
const oneEveryMs = 10_000;

/** How long the API server may take, in milliseconds. */
const writeLimitMs = 10_000;

/** How long the one under way may still take at the end, in milliseconds. */
const closingMs = 1000;

/** The time in milliseconds, and waiting for it. */
export interface RecorderClock {
  now(): number;
  /** Rejects when the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const realClock: RecorderClock = {
  now: monotonicMs,
  pause,
};

/**
 * Writes Events one after the other, those about the Node first, the same one at most once an
 * hour. An Event is a courtesy: what it says is in the log already, so that one that cannot be
 * written is dropped.
 */
export class QueuedEventRecorder implements EventRecorder {
  readonly #write: WriteEvent;
  readonly #failed: (error: Error) => void;
  readonly #clock: RecorderClock;
  readonly #waiting: ProgramEvent[] = [];
  readonly #writtenAt = new Map<string, number>();
  readonly #limit: RateLimit;
  readonly #end = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(write: WriteEvent, failed: (error: Error) => void, clock = realClock) {
    this.#write = write;
    this.#failed = failed;
    this.#clock = clock;
    this.#limit = new RateLimit(burst, oneEveryMs, clock.now());
  }

  record(event: ProgramEvent): void {
    const isFull = this.#waiting.length >= waitingAtMost;
    if (this.#end.signal.aborted || isFull || !this.#isNews(event)) {
      return;
    }
    if (event.regarding.kind === 'Node') {
      this.#waiting.unshift(event);
    } else {
      this.#waiting.push(event);
    }
    this.#writing ??= this.#writeWaiting();
  }

  async close(): Promise<void> {
    const timer = new AbortController();
    const timeUp = this.#clock.pause(closingMs, timer.signal).catch(() => undefined);
    await Promise.race([this.#writing, timeUp]);
    timer.abort();
    this.#end.abort();
  }

  #isNews(event: ProgramEvent): boolean {
    const now = this.#clock.now();
    for (const [key, writtenAt] of this.#writtenAt) {
      if (now - writtenAt < repeatAfterMs) {
        break; // those behind it are younger
      }
      this.#writtenAt.delete(key);
    }
    const { regarding, reason, note } = event;
    const key = `${regarding.kind} ${namespaceOf(event)}/${regarding.name} ${reason} ${note}`;
    const isNews = !this.#writtenAt.has(key);
    if (isNews) {
      this.#writtenAt.set(key, now);
    }
    return isNews;
  }

  async #writeWaiting(): Promise<void> {
    const { signal } = this.#end;
    while (this.#waiting.length > 0 && !signal.aborted) {
      await this.#writeNext(signal).catch((error: unknown) => {
        if (!signal.aborted) {
          this.#failed(asError(error));
        }
      });
    }
    this.#writing = undefined;
  }

  async #writeNext(signal: AbortSignal): Promise<void> {
    const allowance = this.#limit.take(this.#clock.now());
    if (allowance !== 'taken') {
      await this.#clock.pause(allowance.waitMs, signal);
      return;
    }
    const event = this.#waiting.shift();
    if (event !== undefined) {
      await this.#write(event, AbortSignal.any([signal, AbortSignal.timeout(writeLimitMs)]));
    }
  }
}
