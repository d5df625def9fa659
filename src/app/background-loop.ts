import { asError } from '../base/as-error.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { startTimer } from '../base/time/timers.ts';

/** What is done again and again, over a client that nobody else uses. */
export interface BackgroundWork<Client extends { close(): void }> {
  open(): Promise<Client>;
  /** Whether there is anything to do now, for which a client is opened; always where the method is missing. */
  isNeeded?(): boolean;
  /** Does it once, and may end early once `isStopped`. */
  do(client: Client, isStopped: () => boolean): Promise<void>;
  /** It failed; it is tried again over a new client when it is due. */
  failed(error: Error): void;
  /** It is done, or there is nothing to do. */
  succeeded?(): void;
  /** How long to wait, in milliseconds, after one that took so long. */
  waitMs(tookMs: number): number;
}

/** One round of the work after the other, until it is stopped. */
export class BackgroundLoop<Client extends { close(): void }> {
  readonly #work: BackgroundWork<Client>;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  #started = false;
  #stopped = false;

  constructor(work: BackgroundWork<Client>) {
    this.#work = work;
  }

  /** Begins, now or after so many milliseconds; nothing more where that was done before. */
  start(firstAfterMs = 0): void {
    if (this.#started || this.#stopped) {
      return;
    }
    this.#started = true;
    if (firstAfterMs === 0) {
      this.#run();
    } else {
      this.#runAfter(firstAfterMs);
    }
  }

  /** Ends the round under way, and begins none any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#closeClient();
    await this.#underWay;
  }

  #runAfter(ms: number): void {
    this.#timer = startTimer(() => {
      this.#run();
    }, ms);
  }

  #run(): void {
    const startedAt = monotonicMs();
    this.#underWay = this.#runOnce().finally(() => {
      this.#underWay = undefined;
      if (!this.#stopped) {
        this.#runAfter(this.#work.waitMs(monotonicMs() - startedAt));
      }
    });
  }

  async #runOnce(): Promise<void> {
    if (this.#work.isNeeded?.() === false) {
      this.#work.succeeded?.();
      return;
    }
    try {
      const client = this.#client ?? (await this.#work.open());
      this.#client = client;
      if (!this.#stopped) {
        await this.#work.do(client, () => this.#stopped);
        this.#work.succeeded?.();
      }
    } catch (error) {
      this.#closeClient();
      if (!this.#stopped) {
        this.#work.failed(asError(error));
      }
    }
    if (this.#stopped) {
      this.#closeClient();
    }
  }

  /** Once alone, whoever comes first: the end, or a failure. */
  #closeClient(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
