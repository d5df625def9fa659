import type { SetClient } from '../../ipset/client.ts';
import type { FilterEntry } from '../filter-entry.ts';
import { entryKey, type IpSet, type SetOperation } from '../../ipset/model.ts';
import type { SetError } from '../../ipset/set-error.ts';
import {
  noDifference,
  type Difference,
  type Kind,
  type ListSink,
} from '../../../reconcile/kind.ts';
import type { FilterMember } from '../filter-member.ts';
import { allSets, setOf, setOfMember } from './sets.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import type { Pace } from '../../../base/work-in-parts.ts';
import type { SetFoundation } from './set-foundation.ts';

/** An entry that a set holds. Our sets are ours as a whole: there are no foreign entries. */
export interface ObservedEntry {
  readonly set: IpSet;
  readonly entry: FilterEntry;
}

/** What is needed of the sets: where each is in the kernel. */
export type SetPlaces = Pick<SetFoundation, 'inKernel'>;

/** Each set by its own name; one that is missing is made by the list. */
const byTheirNames: SetPlaces = { inKernel: (set) => set };

/**
 * What the sets hold, as a kind of the loop. Sets are made by their foundation; where one cannot be had
 * its entries are left alone, and come with the audit that finds it there.
 */
export class SetEntryKind implements Kind<FilterMember, ObservedEntry, SetOperation> {
  readonly name = 'set entry';
  readonly after = afterSetOperations;
  readonly #client: SetClient;
  readonly #sets: readonly IpSet[];
  readonly #places: SetPlaces;
  readonly #onApplied: (operation: SetOperation) => void;

  /** `onApplied` hears of each operation that succeeded. */
  constructor(
    client: SetClient,
    families: readonly IpFamily[],
    places = byTheirNames,
    onApplied: (operation: SetOperation) => void = () => undefined,
  ) {
    this.#client = client;
    this.#places = places;
    this.#onApplied = onApplied;
    const empty = new Set(families.map((family) => setOf('empty', family).name));
    this.#sets = allSets(families).filter(({ name }) => !empty.has(name));
  }

  readonly difference = (
    desired: FilterMember | undefined,
    observed: ObservedEntry | undefined,
  ): Difference<SetOperation> => {
    const set = desired === undefined ? observed?.set : setOfMember(desired);
    return set === undefined || this.#places.inKernel(set) === undefined
      ? noDifference
      : setEntryDifference(desired, observed);
  };

  async list(sink: ListSink<ObservedEntry>): Promise<void> {
    for (const set of this.#sets) {
      let part = sink.begin();
      await this.#each(
        set,
        () => {
          part = sink.begin();
        },
        (key, entry) => {
          part.take(key, sink.held(key) ?? { set, entry });
        },
        sink.pace,
      );
      part.end();
    }
  }

  /** The kernel answers for a whole set: a few entries are found in the lists of their sets. */
  async read(
    known: ReadonlyMap<string, FilterMember | ObservedEntry>,
  ): Promise<Map<string, ObservedEntry>> {
    const rows = [...known.values()];
    const sets = new Map(
      rows.map((row) => ('set' in row ? row.set : setOfMember(row))).map((set) => [set.name, set]),
    );
    const observed = new Map<string, ObservedEntry>();
    for (const set of sets.values()) {
      const found = new Map<string, ObservedEntry>();
      await this.#each(
        set,
        () => {
          found.clear();
        },
        (key, entry) => {
          if (known.has(key)) {
            found.set(key, { set, entry });
          }
        },
      );
      found.forEach((row, key) => observed.set(key, row));
    }
    return observed;
  }

  async apply(operations: readonly SetOperation[]): Promise<(SetError | undefined)[]> {
    const outcomes = await this.#client.execute(this.#asInKernel(operations));
    operations.forEach((operation, index) => {
      if (outcomes[index] === undefined) {
        this.#onApplied(operation);
      }
    });
    return outcomes;
  }

  /** Nearly always they are the operations themselves: a set has another name after a replacement. */
  #asInKernel(operations: readonly SetOperation[]): readonly SetOperation[] {
    const isNamedOtherwise = ({ set }: SetOperation): boolean =>
      this.#places.inKernel(set) !== set && this.#places.inKernel(set) !== undefined;
    return operations.some(isNamedOtherwise)
      ? operations.map((operation) => ({
          ...operation,
          set: this.#places.inKernel(operation.set) ?? operation.set,
        }))
      : operations;
  }

  /**
   * Visits the entries of a set, of which a missing one has none; `begin` is called when that starts
   * (over). Keys are those of our own names.
   */
  async #each(
    set: IpSet,
    begin: () => void,
    visit: (key: string, entry: FilterEntry) => void,
    pace?: Pace,
  ): Promise<void> {
    const inKernel = this.#places.inKernel(set);
    if (inKernel === undefined) {
      return;
    }
    const exists = await this.#client.eachEntry(
      inKernel,
      () => {
        begin();
        return (entry) => {
          visit(entryKey(set, entry), entry);
        };
      },
      pace,
    );
    if (!exists) {
      await this.#client.ensureSet(inKernel);
    }
  }
}

function setEntryDifference(
  desired: FilterMember | undefined,
  observed: ObservedEntry | undefined,
): Difference<SetOperation> {
  if (desired === undefined) {
    return observed === undefined
      ? noDifference
      : {
          additions: [],
          removals: [{ kind: 'delete entry', set: observed.set, entry: observed.entry }],
        };
  }
  return observed === undefined
    ? {
        additions: [{ kind: 'add entry', set: setOfMember(desired), entry: desired.entry }],
        removals: noDifference.removals,
      }
    : noDifference;
}

function afterSetOperations(
  observed: ObservedEntry | undefined,
  operations: readonly SetOperation[],
): ObservedEntry | undefined {
  const last = operations.at(-1);
  if (last === undefined) {
    return observed;
  }
  return last.kind === 'add entry' ? last : undefined;
}
