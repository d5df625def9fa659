import type { Failure } from '../reconcile/any-kind-table.ts';
import type { FoundationKeeper } from '../reconcile/foundation-keeper.ts';
import { startTimer } from '../base/time/timers.ts';

export interface FoundationRetryListener {
  /** Those that were due were tried; some may be in place now. */
  tried(failures: readonly Failure[], mended: readonly string[]): void;
}

/**
 * Tries foundations again that wait for a lock, memory or a program, beside the rounds: each try may
 * take seconds, and no change is to wait for it.
 */
export class FoundationRetry {
  readonly #foundations: FoundationKeeper;
  readonly #listener: FoundationRetryListener;
  #timer: NodeJS.Timeout | undefined;
  #isTrying = false;
  #stopped = false;

  constructor(foundations: FoundationKeeper, listener: FoundationRetryListener) {
    this.#foundations = foundations;
    this.#listener = listener;
  }

  /** Plans the next try, where one is due; after each round and audit. */
  plan(): void {
    clearTimeout(this.#timer);
    const waitMs = this.#foundations.dueInMs();
    if (waitMs !== undefined && !this.#stopped && !this.#isTrying) {
      this.#timer = startTimer(() => {
        void this.#try();
      }, waitMs);
    }
  }

  /** Something of these was taken away: they are put in place again now. */
  gone(names: readonly string[]): void {
    this.#foundations.suspect(names);
    this.plan();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #try(): Promise<void> {
    this.#isTrying = true;
    const { failures, mended } = await this.#foundations.retry();
    this.#isTrying = false;
    if (!this.#stopped) {
      this.#listener.tried(failures, mended);
      this.plan();
    }
  }
}
