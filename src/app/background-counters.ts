import { asError } from '../base/as-error.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { startTimer } from '../base/time/timers.ts';
import { restAsLong } from '../base/work-in-parts.ts';
import type { CounterBook } from '../inspect/statistics/counter-book.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import { readStatistics, type StatisticsReader } from '../kernel/ipvs/read-statistics.ts';

/** A client that the reading has for itself. */
export type CountersClient = StatisticsReader & Pick<IpvsClient, 'close'>;

export interface CountersListener {
  /** The counters were read; `durationMs` with the rests. */
  read(durationMs: number): void;
  /** They could not be read; it is tried again when the next reading is due. */
  failed(error: Error): void;
}

export interface CountersOptions {
  readonly detail: 'sums alone' | 'each real server';
  /** From the end of a reading to the next one, in milliseconds. */
  readonly restMs?: number;
  readonly open?: () => Promise<CountersClient>;
}

/** Soon enough for rates that somebody looks at. */
const defaultRestMs = 10_000;

/**
 * Reads the kernel's counters again and again into a book, over sockets of its own, and rests after each
 * part as long as that took: neither changes nor audits wait for it.
 */
export class BackgroundCounters {
  readonly #book: CounterBook;
  readonly #listener: CountersListener;
  readonly #detail: CountersOptions['detail'];
  readonly #restMs: number;
  readonly #open: () => Promise<CountersClient>;
  #client: CountersClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #started = false;
  #stopped = false;

  constructor(book: CounterBook, options: CountersOptions, listener: CountersListener) {
    this.#book = book;
    this.#listener = listener;
    this.#detail = options.detail;
    this.#restMs = options.restMs ?? defaultRestMs;
    this.#open = options.open ?? (() => IpvsClient.connect());
  }

  /** Begins the first reading now; nothing more where that was done before. */
  start(): void {
    if (!this.#started && !this.#stopped) {
      this.#started = true;
      this.#readAgainAndAgain();
    }
  }

  /** Ends the reading under way, and begins none any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client?.close();
    await this.#reading;
  }

  #readAgainAndAgain(): void {
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      if (!this.#stopped) {
        this.#timer = startTimer(() => {
          this.#readAgainAndAgain();
        }, this.#restMs);
      }
    });
  }

  async #read(): Promise<void> {
    const startedAt = monotonicMs();
    try {
      const client = this.#client ?? (await this.#open());
      this.#client = client;
      if (this.#stopped) {
        client.close();
        return;
      }
      const visitor = this.#book.begin(startedAt);
      await readStatistics(client, this.#detail, visitor, restAsLong);
      await this.#book.end(restAsLong);
      this.#listener.read(monotonicMs() - startedAt);
    } catch (error) {
      this.#client?.close();
      this.#client = undefined;
      if (!this.#stopped) {
        this.#listener.failed(asError(error));
      }
    }
  }
}
