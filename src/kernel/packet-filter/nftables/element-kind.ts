import { asError } from '../../../base/as-error.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import {
  noDifference,
  type Difference,
  type Kind,
  type ListSink,
} from '../../../reconcile/kind.ts';
import type { NftClient } from '../../nf-tables/client.ts';
import { haveSameKey, type NftElement } from '../../nf-tables/element.ts';
import { isSameVerdict } from '../../nf-tables/expressions.ts';
import { sayTheSame, type FilterMember } from '../filter-member.ts';
import { HeldBack } from '../held-back.ts';
import type { AddressWithPortRanges, MemberChange } from '../packet-filter.ts';
import {
  elementsOfObserved,
  isMember,
  type ElementChange,
  type ObservedMember,
} from './element-change.ts';
import { ElementError } from './element-error.ts';
import { executeRows, type RowTarget } from './execute-rows.ts';
import { elementsOf } from './member-elements.ts';
import { MemberList } from './member-list.ts';
import { withoutOverlaps } from './overlapping-ranges.ts';

/** What the sets and maps of the table hold, as a kind of the loop. All of it is ours. */
export class ElementKind implements Kind<FilterMember, ObservedMember, ElementChange> {
  readonly name = 'set entry';
  readonly #members: MemberList;
  readonly #target: () => RowTarget;
  readonly #isTableInPlace: () => boolean;
  readonly #servePortRanges: () => Promise<void>;
  readonly #onApplied: (change: MemberChange) => void;
  readonly #heldBack = new HeldBack<ObservedMember>();

  /**
   * Where the table is not in place nothing is done, and the audit that finds it there brings what is
   * desired. `onApplied` hears of each change of a member that succeeded.
   */
  constructor(parts: {
    readonly client: NftClient;
    readonly families: readonly IpFamily[];
    readonly target: () => RowTarget;
    readonly isTableInPlace: () => boolean;
    /** Called before the first port ranges are written, and again before others. */
    readonly servePortRanges: () => Promise<void>;
    readonly onApplied: (change: MemberChange) => void;
  }) {
    this.#members = new MemberList(parts.client, parts.families);
    this.#target = parts.target;
    this.#isTableInPlace = parts.isTableInPlace;
    this.#servePortRanges = parts.servePortRanges;
    this.#onApplied = parts.onApplied;
  }

  readonly difference = (
    desired: FilterMember | undefined,
    observed: ObservedMember | undefined,
  ): Difference<ElementChange> => {
    if (!this.#isTableInPlace()) {
      return this.#heldBack.difference(observed);
    }
    if (desired === undefined) {
      return observed === undefined
        ? noDifference
        : { additions: [], removals: [changeOf(observed, undefined)] };
    }
    if (observed !== undefined && isMember(observed) && sayTheSame(observed, desired)) {
      return noDifference;
    }
    const change = changeOf(observed, desired);
    return change.remove.length + change.add.length === 0
      ? noDifference
      : { additions: [change], removals: [] };
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
    await this.#members.each(
      {
        begin: () => {
          part = sink.begin();
        },
        take: (key, observed) => {
          const held = sink.held(key);
          const isKnown = held !== undefined && isSame(held, observed) && !this.#heldBack.has(held);
          part.take(key, isKnown ? held : observed);
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
    await this.#members.each({
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

  /** All that the kernel holds. Rejects with NetlinkError. */
  async observed(): Promise<readonly ObservedMember[]> {
    const all: ObservedMember[] = [];
    await this.#members.each({
      begin: () => undefined,
      take: (_, observed) => all.push(observed),
      end: () => undefined,
    });
    return all;
  }

  /** The ports that get a mark, by address. Rejects with NetlinkError. */
  portRanges(): Promise<readonly AddressWithPortRanges[]> {
    return this.#members.portRanges();
  }

  /** Where the rules for port ranges cannot be had, these fail, and nothing else. */
  async apply(changes: readonly ElementChange[]): Promise<(ElementError | undefined)[]> {
    const lack = changes.some(bringsPortRanges) ? await this.#whyNoPortRanges() : undefined;
    const isLacking = (change: ElementChange): boolean =>
      lack !== undefined && bringsPortRanges(change);
    const possible = changes.filter((change) => !isLacking(change));
    const present = await this.#members.rangesBeside(
      possible.flatMap(({ remove, add }) => [...remove, ...add]),
    );
    const outcomes = await executeRows(this.#target(), withoutOverlaps(possible, present));
    const causes = new Map(possible.map((change, index) => [change, outcomes[index]] as const));
    return changes.map((change) => {
      const cause = isLacking(change) ? lack : causes.get(change);
      if (cause !== undefined) {
        return new ElementError(change, cause);
      }
      this.#tell(change);
      return undefined;
    });
  }

  async #whyNoPortRanges(): Promise<Error | undefined> {
    try {
      await this.#servePortRanges();
      return undefined;
    } catch (error) {
      return asError(error);
    }
  }

  #tell({ before, after }: ElementChange): void {
    if (before !== undefined && isMember(before)) {
      this.#onApplied({ kind: 'deleted', member: before });
    }
    if (after !== undefined) {
      this.#onApplied({ kind: 'added', member: after });
    }
  }
}

function bringsPortRanges({ after }: ElementChange): boolean {
  return after?.role === 'port-ranges';
}

function changeOf(
  observed: ObservedMember | undefined,
  desired: FilterMember | undefined,
): ElementChange {
  const present = observed === undefined ? [] : elementsOfObserved(observed);
  const wanted = desired === undefined ? [] : elementsOf(desired);
  const isAmong = (element: NftElement, others: readonly NftElement[]): boolean =>
    others.some(
      (other) =>
        haveSameKey(element, other) &&
        isSameVerdict(element.verdict, other.verdict) &&
        element.mark === other.mark,
    );
  return {
    before: observed,
    after: desired,
    remove: present.filter((element) => !isAmong(element, wanted)),
    add: wanted.filter((element) => !isAmong(element, present)),
  };
}

/** Whether two rows of one key say the same. */
function isSame(a: ObservedMember, b: ObservedMember): boolean {
  return isMember(a) && isMember(b) && sayTheSame(a, b);
}
