import {
  formatRealServer,
  formatVirtualServer,
  virtualServerFamily,
  type CountedRealServer,
  type Statistics,
} from '../kernel/ipvs/model.ts';
import { addStatistics, countedSince, noStatistics } from '../kernel/ipvs/statistics-sums.ts';
import type { WatchedVirtualServer } from './ejection-rule.ts';
import { judge, type GroupKind, type Standings } from './judge.ts';
import { noOutliers, outliersOf, sameOutliers, type Outliers } from './outliers.ts';
import type { Standing } from './standing.ts';

/** By `formatRealServer`. */
type Counts = Map<string, Statistics>;

/** The virtual servers of a group, with what was counted of their real servers, and how these stand. */
export class CountedGroup {
  readonly service: string;
  outliers: Outliers = noOutliers;
  readonly #kind: GroupKind;
  #virtualServers: readonly WatchedVirtualServer[];
  /** Those that take part: of one that has weight 0 anyway nothing is to be said. */
  #members: ReadonlySet<string>;
  #standings: Standings = new Map();
  /** What the kernel showed last, by virtual server. */
  readonly #shown = new Map<string, Counts>();
  #since: Counts = new Map();

  constructor(service: string, first: WatchedVirtualServer, all: readonly WatchedVirtualServer[]) {
    const { id } = first;
    this.service = service;
    this.#kind = { protocol: id.protocol, family: virtualServerFamily(id) };
    this.#virtualServers = all;
    this.#members = membersOf(all);
  }

  get virtualServers(): readonly WatchedVirtualServer[] {
    return this.#virtualServers;
  }

  set virtualServers(all: readonly WatchedVirtualServer[]) {
    this.#virtualServers = all;
    this.#members = membersOf(all);
    const keys = new Set(all.map(({ id }) => formatVirtualServer(id)));
    for (const key of this.#shown.keys()) {
      if (!keys.has(key)) {
        this.#shown.delete(key);
      }
    }
  }

  standing(realServer: string): Standing | undefined {
    return this.#standings.get(realServer);
  }

  /** What the kernel shows of the real servers of one of the virtual servers. */
  take(virtualServer: string, realServers: readonly CountedRealServer[]): void {
    const before = this.#shown.get(virtualServer);
    const shown: Counts = new Map();
    for (const { realServer, statistics } of realServers) {
      const key = formatRealServer(realServer);
      shown.set(key, statistics);
      const earlier = before?.get(key);
      // What one that is new here has counted, it may have counted long ago.
      const counted = earlier === undefined ? noStatistics : countedSince(earlier, statistics);
      if (counted !== noStatistics) {
        this.#since.set(key, addStatistics(this.#since.get(key) ?? noStatistics, counted));
      }
    }
    this.#shown.set(virtualServer, shown);
  }

  /** All of them were read; returns which have been ejected by that. */
  judge(nowMs: number): readonly string[] {
    const before = this.#standings;
    const since = this.#since;
    this.#since = new Map();
    this.#standings = judge(before, this.#members, (key) => since.get(key), this.#kind, nowMs);
    const outliers = outliersOf(this.#standings, this.#resetAfterMs, nowMs);
    if (!sameOutliers(outliers, this.outliers)) {
      this.outliers = outliers;
    }
    return [...outliers.ejected.keys()].filter((key) => before.get(key)?.kind !== 'ejected');
  }

  get #resetAfterMs(): number | undefined {
    return this.#virtualServers[0]?.rule.resetAfterMs;
  }
}

function membersOf(all: readonly WatchedVirtualServer[]): ReadonlySet<string> {
  const members = new Set<string>();
  for (const { rule } of all) {
    for (const [key, { weight }] of rule.candidates) {
      if (weight > 0) {
        members.add(key);
      }
    }
  }
  return members;
}
