import type { Pace } from '../../../base/work-in-parts.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import {
  noDifference,
  type Difference,
  type Kind,
  type ListSink,
} from '../../../reconcile/kind.ts';
import type { NftClient } from '../../nf-tables/client.ts';
import { haveSameKey, type NftElement } from '../../nf-tables/element.ts';
import { isSameVerdict, type Verdict } from '../../nf-tables/expressions.ts';
import { formatEntry } from '../filter-entry.ts';
import type { FilterMember } from '../filter-member.ts';
import type { MemberChange } from '../packet-filter.ts';
import {
  isMember,
  type ElementChange,
  type ObservedMember,
  type OddElements,
} from './element-change.ts';
import { ElementError } from './element-error.ts';
import { executeRows, type RowTarget } from './execute-rows.ts';
import {
  elementsOf,
  entryOf,
  frontEndOf,
  memberKey,
  roleWithVerdicts,
  type EndpointEntry,
  type FrontEndRole,
} from './member-elements.ts';
import { tableName } from './rules.ts';
import { healthPorts, setOf, type SetRole } from './sets.ts';

type SimpleRole = Exclude<SetRole, 'front-ends' | 'sources'>;

const simpleRoles: readonly SimpleRole[] = ['vips', 'guarded', 'admitted', 'hairpins'];

/** Visits what the kernel holds, one part of the list after the other. */
interface MemberVisitor {
  begin(): void;
  take(key: string, observed: ObservedMember): void;
  end(): void;
}

/** What the sets and maps of the table hold, as a kind of the loop. All of it is ours. */
export class ElementKind implements Kind<FilterMember, ObservedMember, ElementChange> {
  readonly name = 'set entry';
  readonly #client: NftClient;
  readonly #families: readonly IpFamily[];
  readonly #target: () => RowTarget;
  readonly #isTableInPlace: () => boolean;
  readonly #onApplied: (change: MemberChange) => void;

  /**
   * Where the table is not in place nothing is done, and the audit that finds it there brings what is
   * desired. `onApplied` hears of each change of a member that succeeded.
   */
  constructor(parts: {
    readonly client: NftClient;
    readonly families: readonly IpFamily[];
    readonly target: () => RowTarget;
    readonly isTableInPlace: () => boolean;
    readonly onApplied: (change: MemberChange) => void;
  }) {
    this.#client = parts.client;
    this.#families = parts.families;
    this.#target = parts.target;
    this.#isTableInPlace = parts.isTableInPlace;
    this.#onApplied = parts.onApplied;
  }

  readonly difference = (
    desired: FilterMember | undefined,
    observed: ObservedMember | undefined,
  ): Difference<ElementChange> => {
    if (!this.#isTableInPlace()) {
      return noDifference;
    }
    if (desired === undefined) {
      return observed === undefined
        ? noDifference
        : { additions: [], removals: [changeOf(observed, undefined)] };
    }
    const isAsDesired = observed !== undefined && isMember(observed) && sameRole(observed, desired);
    return isAsDesired ? noDifference : { additions: [changeOf(observed, desired)], removals: [] };
  };

  readonly after = (
    observed: ObservedMember | undefined,
    changes: readonly ElementChange[],
  ): ObservedMember | undefined => {
    const last = changes.at(-1);
    return last === undefined ? observed : last.after;
  };

  async list(sink: ListSink<ObservedMember>): Promise<void> {
    let part = sink.begin();
    await this.#each(
      {
        begin: () => {
          part = sink.begin();
        },
        take: (key, observed) => {
          const held = sink.held(key);
          part.take(key, held !== undefined && isSame(held, observed) ? held : observed);
        },
        end: () => {
          part.end();
        },
      },
      sink.pace,
    );
  }

  async read(
    known: ReadonlyMap<string, FilterMember | ObservedMember>,
  ): Promise<Map<string, ObservedMember>> {
    const found = new Map<string, ObservedMember>();
    await this.#each({
      begin: () => undefined,
      take: (key, observed) => {
        if (known.has(key)) {
          found.set(key, observed);
        }
      },
      end: () => undefined,
    });
    return found;
  }

  /** All members that the kernel holds. Rejects with NetlinkError. */
  async members(): Promise<readonly FilterMember[]> {
    const members: FilterMember[] = [];
    await this.#each({
      begin: () => undefined,
      take: (_, observed) => {
        if (isMember(observed)) {
          members.push(observed);
        }
      },
      end: () => undefined,
    });
    return members;
  }

  async apply(changes: readonly ElementChange[]): Promise<(ElementError | undefined)[]> {
    const outcomes = await executeRows(this.#target(), changes);
    return changes.map((change, index) => {
      const cause = outcomes[index];
      if (cause !== undefined) {
        return new ElementError(change, cause);
      }
      this.#tell(change);
      return undefined;
    });
  }

  #tell({ before, after }: ElementChange): void {
    if (before !== undefined && isMember(before)) {
      this.#onApplied({ kind: 'deleted', member: before });
    }
    if (after !== undefined) {
      this.#onApplied({ kind: 'added', member: after });
    }
  }

  async #each(visitor: MemberVisitor, pace?: Pace): Promise<void> {
    for (const family of this.#families) {
      for (const role of simpleRoles) {
        await this.#eachOfSet(setOf(role, family).name, visitor, pace, (element) =>
          entryOf(role, element, family),
        );
      }
      await this.#eachFrontEnd(family, visitor, pace);
    }
    await this.#eachOfSet(healthPorts.name, visitor, pace, (element) =>
      entryOf('health-ports', element, 'IPv4'),
    );
  }

  async #eachOfSet(
    set: string,
    visitor: MemberVisitor,
    pace: Pace | undefined,
    memberOf: (element: NftElement) => FilterMember | undefined,
  ): Promise<void> {
    await this.#client.eachElement(
      tableName,
      set,
      () => {
        visitor.begin();
        return (element) => {
          const member = memberOf(element);
          if (member !== undefined) {
            visitor.take(memberKey(member), member);
          }
        };
      },
      pace,
    );
    visitor.end();
  }

  /** A front end stands in two maps: what one of both lacks is no member. */
  async #eachFrontEnd(
    family: IpFamily,
    visitor: MemberVisitor,
    pace: Pace | undefined,
  ): Promise<void> {
    const [frontEnds, sources] = [setOf('front-ends', family).name, setOf('sources', family).name];
    const sourceOf = new Map<string, FoundFrontEnd>();
    await this.#eachOfMap(sources, family, pace, () => {
      sourceOf.clear();
      return (key, found) => sourceOf.set(key, found);
    });
    await this.#eachOfMap(frontEnds, family, pace, () => {
      visitor.begin();
      return (key, { entry, verdict }) => {
        const source = sourceOf.get(key);
        sourceOf.delete(key);
        visitor.take(key, observedOf(entry, family, verdict, source?.verdict));
      };
    });
    for (const [key, { entry, verdict }] of sourceOf) {
      visitor.take(key, observedOf(entry, family, undefined, verdict));
    }
    visitor.end();
  }

  async #eachOfMap(
    map: string,
    family: IpFamily,
    pace: Pace | undefined,
    begin: () => (key: string, found: FoundFrontEnd) => void,
  ): Promise<void> {
    await this.#client.eachElement(
      tableName,
      map,
      () => {
        const visit = begin();
        return (element) => {
          const entry = frontEndOf(element, family);
          if (entry !== undefined && element.verdict !== undefined) {
            visit(formatEntry(entry), { entry, verdict: element.verdict });
          }
        };
      },
      pace,
    );
  }
}

interface FoundFrontEnd {
  readonly entry: EndpointEntry;
  readonly verdict: Verdict;
}

function observedOf(
  entry: EndpointEntry,
  family: IpFamily,
  frontEnd: Verdict | undefined,
  source: Verdict | undefined,
): ObservedMember {
  const role = roleWithVerdicts(frontEnd, source, family);
  return role === undefined ? oddOf(entry, family, frontEnd, source) : { role, entry };
}

/** The key in both maps is that of any role. */
function oddOf(
  entry: EndpointEntry,
  family: IpFamily,
  frontEnd: Verdict | undefined,
  source: Verdict | undefined,
): OddElements {
  const anyRole: FrontEndRole = 'refused';
  const key = elementsOf({ role: anyRole, entry })[0]?.key ?? new Uint8Array();
  const element = (role: SetRole, verdict: Verdict | undefined): readonly NftElement[] =>
    verdict === undefined ? [] : [{ set: setOf(role, family).name, key, verdict }];
  return { elements: [...element('front-ends', frontEnd), ...element('sources', source)] };
}

function changeOf(
  observed: ObservedMember | undefined,
  desired: FilterMember | undefined,
): ElementChange {
  const present = observed === undefined ? [] : elementsOfObserved(observed);
  const wanted = desired === undefined ? [] : elementsOf(desired);
  const isAmong = (element: NftElement, others: readonly NftElement[]): boolean =>
    others.some(
      (other) => haveSameKey(element, other) && isSameVerdict(element.verdict, other.verdict),
    );
  return {
    before: observed,
    after: desired,
    remove: present.filter((element) => !isAmong(element, wanted)),
    add: wanted.filter((element) => !isAmong(element, present)),
  };
}

function elementsOfObserved(observed: ObservedMember): readonly NftElement[] {
  return isMember(observed) ? elementsOf(observed) : observed.elements;
}

function sameRole(a: FilterMember, b: FilterMember): boolean {
  return a.role === b.role;
}

/** Whether two rows of one key say the same. */
function isSame(a: ObservedMember, b: ObservedMember): boolean {
  return isMember(a) && isMember(b) && sameRole(a, b);
}
