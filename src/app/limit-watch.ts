import { restAsLong, WorkInParts } from '../base/work-in-parts.ts';
import type { ObjectKey } from '../cluster/objects.ts';
import { asHeld } from '../inspect/live-virtual-servers.ts';
import type { FullBook } from '../inspect/statistics/full-book.ts';
import type { IpvsClient } from '../kernel/ipvs/client.ts';
import { formatVirtualServer, type VirtualServer } from '../kernel/ipvs/model.ts';
import { BackgroundLoop } from './background-loop.ts';

/** A client that the watch has for itself. */
export type LimitClient = Pick<IpvsClient, 'realServers' | 'close'>;

/** The virtual servers whose real servers have limits. */
export interface LimitedVirtualServers {
  limited(): readonly VirtualServer[];
  serviceOf(virtualServer: string): ObjectKey | undefined;
}

export interface LimitWatchOptions {
  /** The connections could not be read; the next look asks again. */
  readonly failed: (error: Error) => void;
  readonly succeeded?: () => void;
  /** From the end of a look to the next one, in milliseconds. */
  readonly restMs?: number;
  readonly open: () => Promise<LimitClient>;
}

/** As often as the counters are read. */
const defaultRestMs = 10_000;

/** A virtual server is asked for its real servers by a dump, which takes as long as many small items. */
const smallItemsPerDump = 50;

/**
 * Looks every ten seconds which real servers have as many connections as they may, by a dump of each
 * virtual server that has limits, over a socket of its own. The kernel is asked nothing where none has.
 */
export class LimitWatch {
  readonly #book: FullBook;
  readonly #virtualServers: LimitedVirtualServers;
  readonly #loop: BackgroundLoop<LimitClient>;
  #limited: readonly VirtualServer[] = [];

  constructor(book: FullBook, virtualServers: LimitedVirtualServers, options: LimitWatchOptions) {
    this.#book = book;
    this.#virtualServers = virtualServers;
    this.#loop = new BackgroundLoop({
      open: options.open,
      isNeeded: () => this.#isAnyLimited(),
      do: (client, isStopped) => this.#look(client, isStopped),
      failed: options.failed,
      ...(options.succeeded && { succeeded: options.succeeded }),
      waitMs: () => options.restMs ?? defaultRestMs,
    });
  }

  /** Begins the first look now; nothing more where that was done before. */
  start(): void {
    this.#loop.start();
  }

  /** Ends the look under way, and begins none any more. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #isAnyLimited(): boolean {
    this.#limited = this.#virtualServers.limited();
    this.#book.forgetExcept(new Set(this.#limited.map(({ id }) => formatVirtualServer(id))));
    return this.#limited.length > 0;
  }

  async #look(client: LimitClient, isStopped: () => boolean): Promise<void> {
    const parts = new WorkInParts(restAsLong);
    for (const { id, settings } of this.#limited) {
      if (isStopped()) {
        return;
      }
      const realServers = (await client.realServers(id)).map(asHeld);
      const service = this.#virtualServers.serviceOf(formatVirtualServer(id));
      if (service !== undefined) {
        this.#book.take({ id, settings, realServers }, service);
      }
      if (parts.isOver(smallItemsPerDump)) {
        await parts.pause();
      }
    }
  }
}
