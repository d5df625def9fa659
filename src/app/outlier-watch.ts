import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import type { Ejection, OutlierBook } from '../outliers/outlier-book.ts';
import { BackgroundLoop } from './background-loop.ts';

/** A client that the watch has for itself. */
export type OutlierClient = Pick<IpvsClient, 'realServers' | 'close'>;

export interface OutlierListener {
  /** Other real servers of a Service fail than before. */
  changed(service: string): void;
  ejected(ejection: Ejection): void;
  /** The counters could not be read; the next look asks again. */
  failed(error: Error): void;
  /** They were read. */
  succeeded?(): void;
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
  readonly #everyMs: number;
  readonly #loop: BackgroundLoop<OutlierClient>;

  constructor(book: OutlierBook, listener: OutlierListener, options: OutlierWatchOptions = {}) {
    this.#everyMs = options.everyMs ?? defaultEveryMs;
    this.#loop = new BackgroundLoop({
      open: options.open ?? (() => IpvsClient.connect()),
      isNeeded: () => !book.isEmpty,
      do: (client, isStopped) => lookAtOutliers(book, client, listener, isStopped),
      failed: (error) => {
        listener.failed(error);
      },
      succeeded: () => {
        listener.succeeded?.();
      },
      waitMs: (tookMs) => Math.max(this.#everyMs - tookMs, tookMs),
    });
  }

  /** Begins to look; nothing more where that was done before. */
  start(): void {
    this.#loop.start(this.#everyMs);
  }

  /** Ends the look under way, and begins none any more. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }
}

/** Reads the counters of all that are watched once, and tells what the book judges by them. */
export async function lookAtOutliers(
  book: OutlierBook,
  client: Pick<OutlierClient, 'realServers'>,
  listener: Omit<OutlierListener, 'failed' | 'succeeded'>,
  isStopped: () => boolean = () => false,
): Promise<void> {
  for (const group of book.groups()) {
    if (isStopped()) {
      break;
    }
    for (const { id } of group.virtualServers) {
      group.take(formatVirtualServer(id), await client.realServers(id));
    }
    const { isNews, ejections } = book.judge(group, monotonicMs());
    if (isNews) {
      listener.changed(group.service);
    }
    for (const ejection of ejections) {
      listener.ejected(ejection);
    }
  }
}
