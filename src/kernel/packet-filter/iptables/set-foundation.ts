import { asError } from '../../../base/as-error.ts';
import type { SetClient } from '../../ipset/client.ts';
import { unsuitedIn, type IpSet, type SetHeader } from '../../ipset/model.ts';
import { SetsUnavailableError } from '../../ipset/set-error.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import { usualMarkMask } from '../../../net/mark-mask.ts';
import { ImpossibleError, type Foundation } from '../../../reconcile/foundation.ts';
import {
  allSets,
  isForPortRanges,
  spareOf,
  withMarkMask,
  withSpares,
  workWithout,
} from './sets.ts';

/** Where a set of ours is to be found in the kernel. */
export type SetPlace =
  /** There, by its name or by that of its spare. */
  | { readonly kind: 'there'; readonly set: IpSet }
  /** Not there, and why. */
  | { readonly kind: 'missing'; readonly reason: Error };

interface Candidate {
  readonly set: IpSet;
  /** Undefined where there is none of that name. */
  readonly header: SetHeader | undefined;
  /** What of it is not as needed. */
  readonly unsuited: string | undefined;
}

interface SetFoundationListener {
  note(message: string): void;
}

/** What the sets of port ranges depend on. */
interface RangeNeeds {
  /** The bits of packet marks that belong to port ranges. */
  readonly marks: number;
  /** A kernel that lacks a type of theirs lacks nothing for as long as nobody has port ranges. */
  readonly areWanted: () => boolean;
}

/**
 * The sets themselves, empty or full. One that has our name and another type is replaced without a
 * gap: where a rule refers to it, the kernel neither deletes nor renames it, so that a spare of another
 * name is made and filled, the chains are written with that one, and then the old one goes.
 */
export class SetFoundation implements Foundation {
  readonly name = 'sets';
  readonly #client: SetClient;
  readonly #sets: readonly IpSet[];
  readonly #listener: SetFoundationListener;
  readonly #ranges: RangeNeeds;
  readonly #places = new Map<string, SetPlace>();
  /** Made by this process, and not filled since: the names in the kernel. */
  readonly #unfilled = new Set<string>();
  /** The names of sets that are no longer needed, but that rules still refer to. */
  readonly #leftovers = new Set<string>();

  constructor(
    client: SetClient,
    families: readonly IpFamily[],
    listener: SetFoundationListener,
    ranges: RangeNeeds = { marks: usualMarkMask, areWanted: () => true },
  ) {
    this.#client = client;
    this.#ranges = ranges;
    this.#sets = allSets(families).map((set) => withMarkMask(set, ranges.marks));
    this.#listener = listener;
  }

  /**
   * Rejects with ImpossibleError where the kernel lacks types of sets, and with what stood in the way
   * of the first of all others.
   */
  async ensure(): Promise<void> {
    const names = await this.#names();
    const reasons: Error[] = [];
    for (const set of this.#sets) {
      try {
        await this.#ensure(set, names);
      } catch (error) {
        const reason = asError(error);
        if (this.inKernel(set) === undefined) {
          this.#places.set(set.name, { kind: 'missing', reason });
        }
        if (this.#isMissed(set, reason)) {
          reasons.push(reason);
        }
      }
    }
    const missing = this.#sets.filter((set) => {
      const place = this.placeOf(set);
      return place.kind === 'missing' && this.#isMissed(set, place.reason);
    });
    throwIfAny(reasons, missing);
  }

  #isMissed(set: IpSet, reason: Error): boolean {
    const isLack = reason instanceof SetsUnavailableError;
    return !isLack || !isForPortRanges(set) || this.#ranges.areWanted();
  }

  placeOf(set: IpSet): SetPlace {
    return (
      this.#places.get(set.name) ?? {
        kind: 'missing',
        reason: new Error(`the set ${set.name} does not exist yet`),
      }
    );
  }

  /** The same set by the name that it has in the kernel; undefined where it is not there. */
  inKernel(set: IpSet): IpSet | undefined {
    const place = this.#places.get(set.name);
    return place?.kind === 'there' ? place.set : undefined;
  }

  /** True while a set takes the place of one that rules refer to. */
  get isReplacing(): boolean {
    return this.#leftovers.size > 0;
  }

  /** The names of the sets that this process has made and not filled yet. */
  get unfilled(): ReadonlySet<string> {
    return this.#unfilled;
  }

  /** All entries that are wanted are in the sets. */
  filled(): void {
    this.#unfilled.clear();
  }

  /** Destroys all sets of ours, by whichever name; those that rules refer to stay, and are returned. */
  async remove(): Promise<readonly { readonly name: string; readonly error: Error }[]> {
    const refused: { readonly name: string; readonly error: Error }[] = [];
    const names = await this.#names();
    const present = withSpares(this.#sets).filter(({ name }) => names.has(name));
    for (const { name } of present) {
      try {
        await this.#client.destroySet(name);
      } catch (error) {
        refused.push({ name, error: asError(error) });
      }
    }
    this.#places.clear();
    return refused;
  }

  /** Without ipset in the kernel there is no set of any name; asking for a type says so. */
  async #names(): Promise<ReadonlySet<string>> {
    const [first] = this.#sets;
    try {
      if (first !== undefined) {
        await this.#client.checkType(first);
      }
      return await this.#client.names();
    } catch (error) {
      if (error instanceof SetsUnavailableError) {
        return new Set();
      }
      throw error;
    }
  }

  /**
   * Where the kernel does not say how the set is, it counts as being where it was: without it the chains
   * would be written without its rules, and let through whom these drop.
   */
  async #ensure(set: IpSet, names: ReadonlySet<string>): Promise<void> {
    const spare = spareOf(set);
    const own = await this.#look(set, names.has(set.name), set);
    const other = await this.#look(spare, names.has(spare.name), set);
    const found = [own, other]
      .filter(({ header, unsuited }) => header !== undefined && unsuited === undefined)
      // After a replacement the chains refer to the spare, and stay with it.
      .toSorted((a, b) => referencesOf(b) - referencesOf(a))[0];
    if (found === undefined) {
      this.#places.delete(set.name);
    }
    const chosen = found?.set ?? (await this.#make(own, other));
    this.#places.set(set.name, { kind: 'there', set: chosen });
    await this.#tidy(chosen === set ? other : own, chosen);
  }

  async #look(named: IpSet, exists: boolean, wanted: IpSet): Promise<Candidate> {
    const header = exists ? await this.#client.header(named.name) : undefined;
    const unsuited = header === undefined ? undefined : unsuitedIn(header, wanted);
    return { set: named, header, unsuited };
  }

  /** Under the first of both names that is free, or can be made free. */
  async #make(own: Candidate, other: Candidate): Promise<IpSet> {
    const free = [own, other].find((candidate) => referencesOf(candidate) === 0);
    if (free === undefined) {
      throw new Error(
        `the set ${own.set.name} has ${own.unsuited}, ${other.set.name} has ${other.unsuited}, where ${own.set.type} of ${own.set.family} is needed, and rules refer to both: delete these rules, and the sets are replaced`,
      );
    }
    if (free.header !== undefined) {
      await this.#client.destroySet(free.set.name);
      this.#listener.note(
        `replaced the set ${free.set.name}: it had ${free.unsuited}, and no rule referred to it`,
      );
    }
    await this.#client.ensureSet(free.set);
    this.#unfilled.add(free.set.name);
    return free.set;
  }

  /** What the chosen one takes the place of goes as soon as no rule refers to it. */
  async #tidy({ set, header, unsuited }: Candidate, chosen: IpSet): Promise<void> {
    if (header === undefined) {
      this.#leftovers.delete(set.name);
    } else if (header.references === 0) {
      await this.#client.destroySet(set.name);
      this.#leftovers.delete(set.name);
      this.#listener.note(`deleted the set ${set.name}: ${chosen.name} has taken its place`);
    } else if (!this.#leftovers.has(set.name)) {
      this.#leftovers.add(set.name);
      const why = unsuited === undefined ? '' : ` has ${unsuited} and`;
      this.#listener.note(
        `the set ${set.name}${why} is referred to by rules: ${chosen.name} takes its place`,
      );
    }
  }
}

function referencesOf({ header }: Candidate): number {
  return header?.references ?? 0;
}

/** What passes comes first: it is the reason to try again soon. */
function throwIfAny(reasons: readonly Error[], missing: readonly IpSet[]): void {
  const passing = reasons.find((reason) => !(reason instanceof SetsUnavailableError));
  if (passing !== undefined) {
    throw passing;
  }
  if (reasons.length > 0) {
    const messages = [...new Set(reasons.map(({ message }) => message))];
    const without = new Set(missing.map(workWithout));
    throw new ImpossibleError(`${messages.join('; ')}. Until then ${[...without].join(', ')}`);
  }
}
