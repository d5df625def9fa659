import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { restAsLong } from '../base/work-in-parts.ts';
import type { CounterBook } from '../inspect/statistics/counter-book.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import { readStatistics, type StatisticsReader } from '../kernel/ipvs/read-statistics.ts';
import { BackgroundLoop } from './background-loop.ts';

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
  /** From the end of a reading to the next one, in milliseconds; ten seconds where it is left out. */
  readonly restMs?: number | undefined;
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
  readonly #loop: BackgroundLoop<CountersClient>;

  constructor(book: CounterBook, options: CountersOptions, listener: CountersListener) {
    this.#book = book;
    this.#listener = listener;
    this.#detail = options.detail;
    this.#loop = new BackgroundLoop({
      open: options.open ?? (() => IpvsClient.connect()),
      do: (client) => this.#read(client),
      failed: (error) => {
        listener.failed(error);
      },
      waitMs: () => options.restMs ?? defaultRestMs,
    });
  }

  /** Begins the first reading now; nothing more where that was done before. */
  start(): void {
    this.#loop.start();
  }

  /** Ends the reading under way, and begins none any more. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #read(client: CountersClient): Promise<void> {
    const startedAt = monotonicMs();
    await readStatistics(client, this.#detail, this.#book.begin(startedAt), restAsLong);
    await this.#book.end(restAsLong);
    this.#listener.read(monotonicMs() - startedAt);
  }
}
