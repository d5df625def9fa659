import type { SetClient } from '../../ipset/client.ts';
import { entryKey, type IpSet, type SetOperation } from '../../ipset/model.ts';
import type { SetEntry } from '../../ipset/set-entry.ts';
import type { SetError } from '../../ipset/set-error.ts';
import {
  noDifference,
  type Difference,
  type Kind,
  type ListSink,
} from '../../../reconcile/kind.ts';
import { portRangesOf, type FilterMember } from '../filter-member.ts';
import type { AddressWithPortRanges, MemberChange } from '../packet-filter.ts';
import {
  afterPortOperations,
  holdTheSame,
  memberOfHeld,
  portRangesDifference,
  wantedPortRanges,
  type HeldPortRanges,
  type PlacedEntry,
} from './held-port-ranges.ts';
import { HeldBack } from '../held-back.ts';
import { memberKey } from './member-key.ts';
import { readPortRanges } from './port-range-sets.ts';
import {
  allSets,
  isRangeSet,
  rangeSetsOf,
  roleOfSet,
  setOf,
  setOfMember,
  spareOf,
} from './sets.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import { usualMarkMask } from '../../../net/mark-mask.ts';
import type { Pace } from '../../../base/work-in-parts.ts';
import type { SetFoundation } from './set-foundation.ts';

/**
 * An entry that a set holds, or all that the sets of port ranges hold about an address. Our sets are ours as a
 * whole: there are no foreign entries.
 */
export type ObservedEntry = PlacedEntry | HeldPortRanges;

/** An operation, with what it is part of where that is a member of several entries. */
export interface SetChange extends SetOperation {
  readonly of?: MemberTransition;
}

/** One object for all operations of it. */
interface MemberTransition {
  readonly before: FilterMember | undefined;
  readonly after: FilterMember | undefined;
}

/** What is needed of the sets: where each is in the kernel. */
export type SetPlaces = Pick<SetFoundation, 'inKernel'>;

/** Each set by its own name; one that is missing is made by the list. */
const byTheirNames: SetPlaces = { inKernel: (set) => set };

/**
 * What the sets hold, as a kind of the loop. Sets are made by their foundation; where one cannot be had
 * its entries are left alone, and come with the audit that finds it there.
 */
export class SetEntryKind implements Kind<FilterMember, ObservedEntry, SetChange> {
  readonly name = 'set entry';
  readonly #client: SetClient;
  readonly #families: readonly IpFamily[];
  /** Those whose entries are members one by one. */
  readonly #sets: readonly IpSet[];
  readonly #places: SetPlaces;
  readonly #rangeMarks: number;
  readonly #onApplied: (change: MemberChange) => void;
  readonly #servePortRanges: () => Promise<void>;
  readonly #heldBack = new HeldBack<ObservedEntry>();

  /**
   * `onApplied` hears of each change that succeeded; `rangeMarks` has the bits of packet marks that belong
   * to port ranges. `servePortRanges` is called before port ranges are written.
   */
  constructor(
    client: SetClient,
    families: readonly IpFamily[],
    places = byTheirNames,
    onApplied: (change: MemberChange) => void = () => undefined,
    rangeMarks = usualMarkMask,
    servePortRanges: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#client = client;
    this.#families = families;
    this.#places = places;
    this.#onApplied = onApplied;
    this.#rangeMarks = rangeMarks;
    this.#servePortRanges = servePortRanges;
    const empty = new Set(families.map((family) => setOf('empty', family).name));
    this.#sets = allSets(families).filter((set) => !empty.has(set.name) && !isRangeSet(set));
  }

  readonly difference = (
    desired: FilterMember | undefined,
    observed: ObservedEntry | undefined,
  ): Difference<SetChange> => {
    if (desired?.entry.kind === 'port ranges' || isHeld(observed)) {
      return this.#portRangesDifference(desired, isHeld(observed) ? observed : undefined);
    }
    const set = desired === undefined ? observed?.set : setOfMember(desired);
    return set === undefined || this.#places.inKernel(set) === undefined
      ? this.#heldBack.difference(observed)
      : setEntryDifference(desired, observed);
  };

  readonly after = (
    observed: ObservedEntry | undefined,
    operations: readonly SetOperation[],
  ): ObservedEntry | undefined => {
    const last = operations.at(-1);
    if (last === undefined) {
      return observed;
    }
    if (isRangeSet(last.set)) {
      return afterPortOperations(isHeld(observed) ? observed : undefined, operations);
    }
    return last.kind === 'add entry' ? { set: last.set, entry: last.entry } : undefined;
  };

  async list(sink: ListSink<ObservedEntry>): Promise<void> {
    for (const set of this.#sets) {
      let part = sink.begin();
      await this.#each(
        set,
        () => {
          part = sink.begin();
          return (entry) => {
            const key = entryKey(set, entry);
            const held = sink.held(key);
            const isKnown = held !== undefined && !this.#heldBack.has(held);
            part.take(key, isKnown ? held : { set, entry });
          };
        },
        sink.pace,
      );
      part.end();
    }
    for (const family of this.#families) {
      const found = await this.#readPortRanges(family, sink.pace);
      const part = sink.begin();
      for (const [key, ranges] of found) {
        const held = sink.held(key);
        const isKnown = isHeld(held) && holdTheSame(held, ranges) && !this.#heldBack.has(held);
        part.take(key, isKnown ? held : ranges);
      }
      part.end();
    }
  }

  /** The kernel answers for a whole set: a few entries are found in the lists of their sets. */
  async read(
    known: ReadonlyMap<string, FilterMember | ObservedEntry>,
  ): Promise<Map<string, ObservedEntry>> {
    const sets = new Map(
      [...known.values()].flatMap(setsOf).map((set) => [set.name, set] as const),
    );
    const observed = new Map<string, ObservedEntry>();
    for (const set of [...sets.values()].filter((one) => !isRangeSet(one))) {
      const found = new Map<string, ObservedEntry>();
      await this.#each(set, () => {
        found.clear();
        return (entry) => {
          const key = entryKey(set, entry);
          if (known.has(key)) {
            found.set(key, { set, entry });
          }
        };
      });
      found.forEach((row, key) => observed.set(key, row));
    }
    const families = this.#families.filter((family) =>
      rangeSetsOf(family).some(({ name }) => sets.has(name)),
    );
    for (const family of families) {
      for (const [key, ranges] of await this.#readPortRanges(family)) {
        if (known.has(key)) {
          observed.set(key, ranges);
        }
      }
    }
    return observed;
  }

  async apply(changes: readonly SetChange[]): Promise<(SetError | undefined)[]> {
    if (changes.some(({ of }) => of?.after !== undefined)) {
      await this.#servePortRanges();
    }
    const outcomes = await this.#client.execute(changes.map(this.#asInKernel));
    this.#tell(changes.filter((_, index) => outcomes[index] === undefined));
    return outcomes;
  }

  /**
   * The ports that get a mark, by address, before anything was put in place: an address comes twice where sets
   * and their spares have it. Rejects with NetlinkError.
   */
  async portRanges(): Promise<readonly AddressWithPortRanges[]> {
    const all = await Promise.all(
      this.#families.flatMap((family) =>
        [(set: IpSet) => set, spareOf].map((named) =>
          readPortRanges(family, async (set, begin) => {
            await this.#client.eachEntry(named(set), begin);
          }),
        ),
      ),
    );
    return all.flat().map(({ address, ports }) => ({ address, ranges: ports }));
  }

  /** A mark without the sets that say what becomes of it would let everybody in. */
  #portRangesDifference(
    desired: FilterMember | undefined,
    held: HeldPortRanges | undefined,
  ): Difference<SetChange> {
    if (setsOf(desired ?? held).some((set) => this.#places.inKernel(set) === undefined)) {
      return this.#heldBack.difference(held);
    }
    const wanted =
      desired?.entry.kind === 'port ranges'
        ? wantedPortRanges(desired.entry, this.#rangeMarks)
        : undefined;
    const { additions, removals } = portRangesDifference(wanted, held);
    if (additions.length + removals.length === 0) {
      return noDifference;
    }
    const of = { before: held === undefined ? undefined : memberOfHeld(held), after: desired };
    const partOf = (operation: SetOperation): SetChange => ({ ...operation, of });
    return { additions: additions.map(partOf), removals: removals.map(partOf) };
  }

  async #readPortRanges(
    family: IpFamily,
    pace?: Pace,
  ): Promise<readonly (readonly [key: string, held: HeldPortRanges])[]> {
    const all = await readPortRanges(family, this.#each, pace);
    return all.map((held) => [memberKey(portRangesOf(held.address, [])), held]);
  }

  /** A member of several entries is told of once, whatever of it has changed. */
  #tell(changes: readonly SetChange[]): void {
    const told = new Set<MemberTransition>();
    for (const { kind, set, entry, of } of changes) {
      const role = roleOfSet(set);
      if (of !== undefined && !told.has(of)) {
        told.add(of);
        this.#tellTransition(of);
      } else if (of === undefined && role !== undefined && isOfMember(entry)) {
        this.#onApplied({
          kind: kind === 'add entry' ? 'added' : 'deleted',
          member: { role, entry },
        });
      }
    }
  }

  #tellTransition({ before, after }: MemberTransition): void {
    if (before !== undefined) {
      this.#onApplied({ kind: 'deleted', member: before });
    }
    if (after !== undefined) {
      this.#onApplied({ kind: 'added', member: after });
    }
  }

  /** Nearly always it is the operation itself: a set has another name after a replacement. */
  readonly #asInKernel = (operation: SetOperation): SetOperation => {
    const set = this.#places.inKernel(operation.set) ?? operation.set;
    return set.name === operation.set.name ? operation : { ...operation, set };
  };

  /** Visits the entries of a set, of which a missing one has none, and which is made then. */
  readonly #each = async (
    set: IpSet,
    begin: () => (entry: SetEntry) => void,
    pace?: Pace,
  ): Promise<void> => {
    const inKernel = this.#places.inKernel(set);
    if (inKernel === undefined) {
      return;
    }
    const exists = await this.#client.eachEntry(inKernel, begin, pace);
    if (!exists) {
      await this.#client.ensureSet(inKernel);
    }
  };
}

function isHeld(observed: ObservedEntry | undefined): observed is HeldPortRanges {
  return observed !== undefined && 'judgements' in observed;
}

/** The sets in which a row has its entries. */
function setsOf(row: FilterMember | ObservedEntry | undefined): readonly IpSet[] {
  if (row === undefined) {
    return [];
  }
  if ('judgements' in row) {
    return rangeSetsOf(row.address.family);
  }
  const set = 'set' in row ? row.set : setOfMember(row);
  return isRangeSet(set) ? rangeSetsOf(set.family) : [set];
}

/** Whether an entry is a member by itself, and no part of one. */
function isOfMember(entry: SetEntry): entry is Exclude<SetEntry, PartOfMember> {
  return (
    entry.kind !== 'marked ports' &&
    entry.kind !== 'address and mark' &&
    entry.kind !== 'address and source'
  );
}

type PartOfMember = Extract<
  SetEntry,
  { readonly kind: 'marked ports' | 'address and mark' | 'address and source' }
>;

function setEntryDifference(
  desired: FilterMember | undefined,
  observed: PlacedEntry | undefined,
): Difference<SetOperation> {
  if (desired === undefined) {
    return observed === undefined
      ? noDifference
      : {
          additions: [],
          removals: [{ kind: 'delete entry', set: observed.set, entry: observed.entry }],
        };
  }
  const { entry } = desired;
  return observed === undefined && entry.kind !== 'port ranges'
    ? {
        additions: [{ kind: 'add entry', set: setOfMember(desired), entry }],
        removals: noDifference.removals,
      }
    : noDifference;
}
