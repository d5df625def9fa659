import { CountedGroup } from './counted-group.ts';
import type { WatchedVirtualServer } from './ejection-rule.ts';
import type { Failing } from './evidence.ts';
import { noOutliers, type Outliers } from './outliers.ts';
import type { Standing } from './standing.ts';

/** A real server that was ejected just now. */
export interface Ejection {
  readonly service: string;
  readonly realServer: string;
  readonly failing: Failing;
}

/** What a look at a group has changed. */
export interface Verdict {
  /** Its Service is to be translated anew. */
  readonly isNews: boolean;
  readonly ejections: readonly Ejection[];
}

/**
 * The real servers of the Services that ask for it: what was counted of them, and which of them fail. Pure,
 * but for what it remembers from look to look.
 */
export class OutlierBook {
  readonly #groups = new Map<string, CountedGroup>();
  readonly #groupsOf = new Map<string, ReadonlySet<string>>();

  /** These virtual servers of a Service are watched from now on; none where it asks for none. */
  watch(service: string, virtualServers: readonly WatchedVirtualServer[]): void {
    const before = this.#groupsOf.get(service);
    if (virtualServers.length === 0 && before === undefined) {
      return;
    }
    const byGroup = Map.groupBy(virtualServers, ({ rule }) => rule.group);
    for (const group of before ?? []) {
      if (!byGroup.has(group)) {
        this.#groups.delete(group);
      }
    }
    for (const [group, all] of byGroup) {
      this.#watchGroup(service, group, all);
    }
    if (byGroup.size === 0) {
      this.#groupsOf.delete(service);
    } else {
      this.#groupsOf.set(service, new Set(byGroup.keys()));
    }
  }

  /** Whether no virtual server is watched. */
  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** What is to be done about a group. */
  readonly outliersOf = (group: string): Outliers =>
    this.#groups.get(group)?.outliers ?? noOutliers;

  /** How a real server of a group stands; undefined where it is not watched. */
  standing(group: string, realServer: string): Standing | undefined {
    return this.#groups.get(group)?.standing(realServer);
  }

  /** How many real servers are ejected, each once for its group. */
  get ejectedCount(): number {
    let count = 0;
    for (const { outliers } of this.#groups.values()) {
      count += outliers.ejected.size;
    }
    return count;
  }

  /** The groups that are watched now. */
  groups(): readonly CountedGroup[] {
    return [...this.#groups.values()];
  }

  /** All virtual servers of a group were read: judges its real servers by that. */
  judge(group: CountedGroup, nowMs: number): Verdict {
    const { service, outliers: before } = group;
    const ejections = group.judge(nowMs).map((realServer) => ({
      service,
      realServer,
      failing: group.outliers.failing.get(realServer) ?? ('no answer' as const),
    }));
    return { isNews: group.outliers !== before, ejections };
  }

  #watchGroup(service: string, key: string, all: readonly WatchedVirtualServer[]): void {
    const known = this.#groups.get(key);
    const [first] = all;
    if (known !== undefined) {
      known.virtualServers = all;
    } else if (first !== undefined) {
      this.#groups.set(key, new CountedGroup(service, first, all));
    }
  }
}
