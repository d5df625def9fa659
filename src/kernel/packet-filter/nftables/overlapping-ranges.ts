import { haveSameKey, type NftElement } from '../../nf-tables/element.ts';
import type { ElementRow } from './execute-rows.ts';
import { setOf } from './sets.ts';

const admissions: ReadonlySet<string> = new Set([
  setOf('admitted', 'IPv4').name,
  setOf('admitted', 'IPv6').name,
]);

/** Protocol and port, as long as that in keys of both families, between two addresses. */
const endpointRest = 8;

/** An element whose last part is a range. */
interface RangeElement extends NftElement {
  readonly keyEnd: Uint8Array;
}

/**
 * The same rows, but that each takes away what its ranges overlap of those that are `present`, and no range
 * that is not there. A range of the kernel's overlaps no other one: it refuses one that begins or ends within
 * another, and deletes the first that holds the key that is to be deleted, whichever that is
 * (nft_pipapo_insert and nft_pipapo_deactivate in net/netfilter/nft_set_pipapo.c). Additions come before
 * removals; what is desired together never overlaps, so that what goes here is what nobody desires any
 * more. Pure.
 */
export function withoutOverlaps(
  rows: readonly ElementRow[],
  present: readonly NftElement[],
): readonly ElementRow[] {
  const held = new HeldRanges(present.filter(isSourceRange));
  return rows.map(({ remove, add }) => {
    const ranges = add.filter(isSourceRange);
    const gone = [
      ...remove.filter((element) => !isSourceRange(element) || held.drop(element)),
      ...ranges.flatMap((range) => held.dropOverlapping(range)),
    ];
    ranges.forEach((range) => {
      held.add(range);
    });
    return { remove: gone, add };
  });
}

/** Ranges that a set holds, by what their keys have before the range itself. */
class HeldRanges {
  readonly #of = new Map<string, RangeElement[]>();

  constructor(ranges: readonly RangeElement[]) {
    ranges.forEach((range) => {
      this.add(range);
    });
  }

  add(range: RangeElement): void {
    const place = placeOf(range);
    const others = this.#of.get(place);
    if (others === undefined) {
      this.#of.set(place, [range]);
    } else {
      others.push(range);
    }
  }

  /** Returns whether it was held. */
  drop(range: RangeElement): boolean {
    return this.#dropAll(range, (other) => haveSameKey(other, range)).length > 0;
  }

  /** Returns those that are gone then. */
  dropOverlapping(range: RangeElement): readonly RangeElement[] {
    return this.#dropAll(range, (other) => doOverlap(other, range));
  }

  #dropAll(range: RangeElement, isToGo: (other: RangeElement) => boolean): readonly RangeElement[] {
    const place = placeOf(range);
    const [gone, kept] = [true, false].map((isGone) =>
      (this.#of.get(place) ?? []).filter((other) => isToGo(other) === isGone),
    );
    this.#of.set(place, kept ?? []);
    return gone ?? [];
  }
}

/** Whether it is an element of the set of those who are admitted to a front end. */
export function isSourceRange(element: NftElement): element is RangeElement {
  return element.keyEnd !== undefined && admissions.has(element.set);
}

/** All but the address at the end, which is as long as that at the beginning. */
function placeOf({ set, key }: RangeElement): string {
  return `${set} ${hexOf(key.subarray(0, (key.length + endpointRest) / 2))}`;
}

function doOverlap(a: RangeElement, b: RangeElement): boolean {
  return Buffer.compare(a.key, b.keyEnd) <= 0 && Buffer.compare(b.key, a.keyEnd) <= 0;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
