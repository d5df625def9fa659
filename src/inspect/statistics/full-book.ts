import type { ObjectKey } from '../../cluster/objects.ts';
import { formatVirtualServer } from '../../kernel/ipvs/model.ts';
import { fullRealServers, refusedForFullness } from '../views/full-view.ts';
import type { HeldVirtualServer } from '../views/knowledge.ts';

/** A virtual server that refuses new connections since real servers of it are full. */
export interface RefusingVirtualServer {
  /** By `formatVirtualServer`. */
  readonly key: string;
  readonly service: ObjectKey;
  /** Which connections it refuses, and why. */
  readonly why: string;
}

interface Kept {
  /** With the upper limit of each. */
  readonly full: ReadonlyMap<string, number>;
  readonly refusing: RefusingVirtualServer | undefined;
}

/**
 * Which real servers have as many connections as they may, as each was looked at last. One stays full
 * until it was seen with fewer connections than its lower limit, or with a greater upper one, as in the kernel,
 * which does not say.
 */
export class FullBook {
  /** Those alone that have full real servers, by `formatVirtualServer`. */
  #virtualServers = new Map<string, Kept>();

  /** How many real servers are full, each counted at each of its virtual servers. */
  get realServerCount(): number {
    let count = 0;
    for (const { full } of this.#virtualServers.values()) {
      count += full.size;
    }
    return count;
  }

  /** Those that refuse new connections. */
  get refusing(): readonly RefusingVirtualServer[] {
    return [...this.#virtualServers.values()].flatMap(({ refusing }) => refusing ?? []);
  }

  /** The upper limit under which a real server is full, both by their keys; undefined where it is not. */
  fullUnder(virtualServer: string, realServer: string): number | undefined {
    return this.#virtualServers.get(virtualServer)?.full.get(realServer);
  }

  /** A virtual server of a Service was looked at. */
  take(held: HeldVirtualServer, service: ObjectKey): void {
    const key = formatVirtualServer(held.id);
    const { full, of } = fullRealServers(held, (realServer) => this.fullUnder(key, realServer));
    if (full.size === 0) {
      this.#virtualServers.delete(key);
      return;
    }
    const why = refusedForFullness({ full: full.size, of }, held.settings);
    const refusing = why === undefined ? undefined : { key, service, why };
    this.#virtualServers.set(key, { full, refusing });
  }

  /** All others are gone, or have no limits any more. */
  forgetExcept(keys: ReadonlySet<string>): void {
    for (const key of this.#virtualServers.keys()) {
      if (!keys.has(key)) {
        this.#virtualServers.delete(key);
      }
    }
  }
}
