import { InTurn } from '../base/in-turn.ts';
import type { IpvsClient } from '../kernel/ipvs/client.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type CountedRealServer,
  type VirtualServerId,
} from '../kernel/ipvs/model.ts';
import { RateBook } from './rate-book.ts';
import type { CounterView } from './statistics/counters.ts';
import type { HeldRealServer, HeldVirtualServer } from './views/knowledge.ts';

/** What is needed of the client. */
export type LiveClient = Pick<IpvsClient, 'virtualServer' | 'realServers'>;

/** For so long a reading serves others who ask for the same, in milliseconds. */
const freshMs = 900;

/** What was read of one virtual server. */
interface Reading {
  readonly atMs: number;
  readonly held: HeldVirtualServer | undefined;
}

/**
 * Reads single virtual servers from the kernel when they are asked for: two questions each, one
 * after the other, so that changes need not wait. Rates come from what was read before of the same ones.
 */
export class LiveVirtualServers {
  readonly #client: () => Promise<LiveClient>;
  readonly #now: () => number;
  readonly #rates: RateBook;
  #readings = new Map<string, Reading>();
  readonly #inTurn = new InTurn();

  /** `client` is asked for at each reading; `now` in milliseconds, of a clock that never goes back. */
  constructor(client: () => Promise<LiveClient>, now: () => number) {
    this.#client = client;
    this.#now = now;
    this.#rates = new RateBook();
  }

  /** As they are read by `read`. */
  get counters(): CounterView {
    return this.#rates;
  }

  /** By `formatVirtualServer`; those that the kernel lacks are missing. Rejects with NetlinkError. */
  read(ids: readonly VirtualServerId[]): Promise<ReadonlyMap<string, HeldVirtualServer>> {
    return this.#inTurn.do(() => this.#read(ids));
  }

  async #read(ids: readonly VirtualServerId[]): Promise<ReadonlyMap<string, HeldVirtualServer>> {
    const startedAt = this.#now();
    this.#forgetOlderThan(startedAt - freshMs);
    const client = ids.length === 0 ? undefined : await this.#client();
    const found = new Map<string, HeldVirtualServer>();
    for (const id of ids) {
      const key = formatVirtualServer(id);
      const known = this.#readings.get(key);
      const held =
        known === undefined && client !== undefined
          ? await this.#readOne(client, id, key)
          : known?.held;
      if (held !== undefined) {
        found.set(key, held);
      }
    }
    return found;
  }

  async #readOne(
    client: LiveClient,
    id: VirtualServerId,
    key: string,
  ): Promise<HeldVirtualServer | undefined> {
    const head = await client.virtualServer(id);
    const realServers = head === undefined ? [] : await client.realServers(id);
    const atMs = this.#now();
    const held = head && { id, settings: head.settings, realServers: realServers.map(asHeld) };
    this.#readings.set(key, { atMs, held });
    if (head !== undefined) {
      this.#rates.note(
        key,
        head.statistics,
        realServers.map((each) => [formatRealServer(each.realServer), each.statistics]),
        atMs,
      );
    }
    return held;
  }

  #forgetOlderThan(atMs: number): void {
    this.#readings = new Map([...this.#readings].filter(([, reading]) => reading.atMs > atMs));
  }
}

/** A real server as views have it. */
export function asHeld({ realServer, connections }: CountedRealServer): HeldRealServer {
  return {
    realServer,
    activeConnections: connections.active,
    inactiveConnections: connections.inactive,
    persistentConnections: connections.persistent,
  };
}
