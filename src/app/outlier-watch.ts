import { asError } from '../base/as-error.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { startTimer } from '../base/time/timers.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import type { CountedGroup } from '../outliers/counted-group.ts';
import type { Ejection, OutlierBook } from '../outliers/outlier-book.ts';

/** A client that the watch has for itself. */
export type OutlierClient = Pick<IpvsClient, 'realServers' | 'close'>;

export interface OutlierListener {
  /** Other real servers of a Service fail than before. */
  changed(service: string): void;
  ejected(ejection: Ejection): void;
  /** The counters could not be read; the next look asks again. */
  failed(error: Error): void;
}

export interface OutlierWatchOptions {
  /** From the beginning of a look to the next one, in milliseconds. */
  readonly everyMs?: number;
  readonly open?: () => Promise<OutlierClient>;
}

/** The judge counts in seconds. */
const defaultEveryMs = 1000;

/**
 * Looks once a second at the counters of the real servers of those virtual servers that ask for it, by a
 * dump of each over a socket of its own, and tells what the book judges by them. A look that takes longer
 * than half a second is followed by as long a rest. The kernel is asked nothing while none asks for it.
 */
export class OutlierWatch {
  readonly #book: OutlierBook;
  readonly #listener: OutlierListener;
  readonly #everyMs: number;
  readonly #open: () => Promise<OutlierClient>;
  #client: OutlierClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #started = false;
  #stopped = false;

  constructor(book: OutlierBook, listener: OutlierListener, options: OutlierWatchOptions = {}) {
    this.#book = book;
    this.#listener = listener;
    this.#everyMs = options.everyMs ?? defaultEveryMs;
    this.#open = options.open ?? (() => IpvsClient.connect());
  }

  /** Begins to look; nothing more where that was done before. */
  start(): void {
    if (!this.#started && !this.#stopped) {
      this.#started = true;
      this.#lookAfter(this.#everyMs);
    }
  }

  /** Ends the look under way, and begins none any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client?.close();
    await this.#looking;
  }

  #lookAfter(ms: number): void {
    this.#timer = startTimer(() => {
      const startedAt = monotonicMs();
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        const tookMs = monotonicMs() - startedAt;
        if (!this.#stopped) {
          this.#lookAfter(Math.max(this.#everyMs - tookMs, tookMs));
        }
      });
    }, ms);
  }

  async #look(): Promise<void> {
    if (this.#book.isEmpty) {
      return;
    }
    try {
      const client = this.#client ?? (await this.#open());
      this.#client = client;
      for (const group of this.#book.groups()) {
        if (this.#stopped) {
          break;
        }
        await this.#lookAt(group, client);
      }
    } catch (error) {
      this.#client?.close();
      this.#client = undefined;
      if (!this.#stopped) {
        this.#listener.failed(asError(error));
      }
    }
    if (this.#stopped) {
      this.#client?.close();
    }
  }

  async #lookAt(group: CountedGroup, client: OutlierClient): Promise<void> {
    for (const { id } of group.virtualServers) {
      group.take(formatVirtualServer(id), await client.realServers(id));
    }
    const { isNews, ejections } = this.#book.judge(group, monotonicMs());
    if (isNews) {
      this.#listener.changed(group.service);
    }
    for (const ejection of ejections) {
      this.#listener.ejected(ejection);
    }
  }
}
