import { WorkInParts, type Pace } from '../../base/work-in-parts.ts';
import type { ObjectKey } from '../../cluster/objects.ts';
import type { SummedConnections } from '../../kernel/ipvs/listed-real-servers.ts';
import {
  formatRealServer,
  type CountedRealServer as ShownRealServer,
  type Statistics,
} from '../../kernel/ipvs/model.ts';
import type { StatisticsVisitor } from '../../kernel/ipvs/read-statistics.ts';
import { Counted } from './counted.ts';
import type { CounterReading, CounterView } from './counters.ts';
import { noStatistics } from '../../kernel/ipvs/statistics-sums.ts';
import { Tallies } from './tallies.ts';
import { Tally } from './tally.ts';

/** The tally of a Service, with those of its real servers. */
export class ServiceTally extends Tally {
  readonly realServers = new Tallies(() => new Tally());

  override see(reading: number): void {
    if (this.reading !== reading) {
      this.realServers.begin();
    }
    super.see(reading);
  }
}

/** How many Services and real servers have a tally of their own at most. */
export interface TallyLimit {
  readonly tallies: number;
}

/** A virtual server with what is kept of it. */
class CountedVirtualServer extends Counted {
  readonly realServers = new Map<string, Counted>();
}

/**
 * What was read of the kernel's counters: of each virtual server and, where they are read, of its real
 * servers as the kernel shows them; and summed up by Service. Nothing is kept of what a reading did not
 * find. Pure, but for what it remembers from reading to reading.
 */
export class CounterBook implements CounterView {
  readonly #serviceOf: (virtualServerKey: string) => ObjectKey | undefined;
  readonly #limit: number;
  readonly #virtualServers = new Map<string, CountedVirtualServer>();
  readonly services = new Tallies(() => new ServiceTally());
  /** All Services that found no room, together. */
  readonly others = new ServiceTally();
  #realServerTallies = 0;
  #realServersWithout = 0;
  #reading = 0;
  /** Readings that have found all there is. */
  #completed = 0;

  /** `serviceOf`: whose a virtual server is; undefined for nobody's, which has no tally. */
  constructor(
    serviceOf: (virtualServerKey: string) => ObjectKey | undefined,
    { tallies }: TallyLimit,
  ) {
    this.#serviceOf = serviceOf;
    this.#limit = tallies;
  }

  virtualServer(key: string): CounterReading | undefined {
    return this.#virtualServers.get(key);
  }

  realServer(virtualServerKey: string, realServerKey: string): CounterReading | undefined {
    return this.#virtualServers.get(virtualServerKey)?.realServers.get(realServerKey);
  }

  /** How many virtual servers the last reading has found. */
  get virtualServerCount(): number {
    return this.#virtualServers.size;
  }

  /** How many real servers of Services have no tally of their own. */
  get realServersWithoutTally(): number {
    return this.#realServersWithout;
  }

  /** A reading begins, at a time in milliseconds. */
  begin(nowMs: number): StatisticsVisitor {
    this.#reading += 1;
    this.services.begin();
    this.others.see(this.#reading);
    return {
      virtualServer: (key, shown) => {
        this.#takeVirtualServer(key, shown, nowMs);
      },
      connections: (key, now) => {
        this.#takeConnections(key, now);
      },
      realServer: (key, shown) => {
        this.#takeRealServer(key, shown, nowMs);
      },
    };
  }

  /** The reading has found all there is; what it did not find is forgotten, at a pace. */
  async end(pace?: Pace): Promise<void> {
    this.#completed += 1;
    const parts = new WorkInParts(pace);
    for (const [key, counted] of this.#virtualServers) {
      if (counted.reading !== this.#reading) {
        this.#virtualServers.delete(key);
      } else {
        forgetRealServers(counted, this.#reading);
      }
      if (parts.isOver(1 + counted.realServers.size)) {
        await parts.pause();
      }
    }
    this.#realServersWithout = 0;
    for (const [key, service] of this.services.entries()) {
      this.#endService(key, service);
      if (parts.isOver(1 + service.realServers.size)) {
        await parts.pause();
      }
    }
  }

  #endService(key: ObjectKey, service: ServiceTally): void {
    const { realServers } = service;
    const before = realServers.size;
    if (service.reading === this.#reading) {
      realServers.forgetExcept(this.#reading);
      this.#realServerTallies += realServers.size - before;
      this.#realServersWithout += realServers.without;
    } else {
      this.services.forget(key);
      this.#realServerTallies -= before;
    }
  }

  #takeVirtualServer(key: string, shown: Statistics, nowMs: number): void {
    const known = this.#virtualServers.get(key);
    if (known?.reading === this.#reading) {
      return; // The kernel's list was started again.
    }
    const counted = known?.take(shown, this.#reading, nowMs) ?? this.#countedBefore(shown);
    if (known === undefined) {
      this.#virtualServers.set(key, new CountedVirtualServer(shown, this.#reading, nowMs));
    }
    this.#serviceTally(key)?.add(counted);
  }

  #takeConnections(key: string, now: SummedConnections): void {
    this.#serviceTally(key)?.addConnections(now);
  }

  #takeRealServer(virtualServerKey: string, shown: ShownRealServer, nowMs: number): void {
    const virtualServer = this.#virtualServers.get(virtualServerKey);
    const key = formatRealServer(shown.realServer);
    const known = virtualServer?.realServers.get(key);
    if (virtualServer === undefined || known?.reading === this.#reading) {
      return;
    }
    const { statistics, connections } = shown;
    const counted =
      known?.take(statistics, this.#reading, nowMs) ?? this.#countedBefore(statistics);
    const row = known ?? new Counted(statistics, this.#reading, nowMs);
    virtualServer.realServers.set(key, row);
    const tally = this.#realServerTally(virtualServerKey, key);
    tally?.add(counted);
    tally?.addConnections(connections);
  }

  /**
   * What the kernel shows of an object that is new here was counted since the last reading, but in the
   * first one: there it may have been counted before this program was started, and told by another one.
   */
  #countedBefore(shown: Statistics): Statistics {
    return this.#completed === 0 ? noStatistics : shown;
  }

  #serviceTally(virtualServerKey: string): ServiceTally | undefined {
    const service = this.#serviceOf(virtualServerKey);
    return service === undefined
      ? undefined
      : (this.services.see(service, this.#reading, this.#hasRoom) ?? this.others);
  }

  #realServerTally(virtualServerKey: string, realServerKey: string): Tally | undefined {
    const service = this.#serviceTally(virtualServerKey);
    if (service === undefined || service === this.others) {
      return undefined;
    }
    const before = service.realServers.size;
    const tally = service.realServers.see(realServerKey, this.#reading, this.#hasRoom);
    this.#realServerTallies += service.realServers.size - before;
    return tally;
  }

  readonly #hasRoom = (): boolean => this.services.size + this.#realServerTallies < this.#limit;
}

function forgetRealServers({ realServers }: CountedVirtualServer, reading: number): void {
  for (const [key, row] of realServers) {
    if (row.reading !== reading) {
      realServers.delete(key);
    }
  }
}
