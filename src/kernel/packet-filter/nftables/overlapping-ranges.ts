import type { NftElement } from '../../nf-tables/element.ts';
import type { ElementRow } from './execute-rows.ts';

/** Protocol and port, as long as that in keys of both families, between two addresses. */
const endpointRest = 8;

/** An element whose last part is a range. */
interface RangeElement extends NftElement {
  readonly keyEnd: Uint8Array;
}

/**
 * The same rows, but that each takes away what its ranges overlap of those that are `present`. A range of
 * the kernel's holds no other one: it refuses one that begins or ends within another (nft_pipapo_insert in
 * net/netfilter/nft_set_pipapo.c), and additions come before removals. What is desired together never
 * overlaps, so that what goes here is what nobody desires any more. Pure.
 */
export function withoutOverlaps(
  rows: readonly ElementRow[],
  present: readonly NftElement[],
): readonly ElementRow[] {
  const held = new Map<string, RangeElement[]>();
  const hold = (element: NftElement): void => {
    if (isRange(element)) {
      const place = placeOf(element);
      const others = held.get(place) ?? [];
      others.push(element);
      held.set(place, others);
    }
  };
  const removedAnyway = new Set(rows.flatMap(({ remove }) => remove.map(nameOf)));
  present.filter((element) => !removedAnyway.has(nameOf(element))).forEach(hold);
  return rows.map((row) => {
    const gone: NftElement[] = [];
    for (const element of row.add.filter(isRange)) {
      const place = placeOf(element);
      const others = held.get(place) ?? [];
      const isInTheWay = (other: RangeElement): boolean =>
        nameOf(other) !== nameOf(element) && doOverlap(other, element);
      gone.push(...others.filter(isInTheWay));
      held.set(
        place,
        others.filter((other) => !isInTheWay(other)),
      );
    }
    row.add.forEach(hold);
    return gone.length === 0 ? row : { remove: [...row.remove, ...gone], add: row.add };
  });
}

export function isRange(element: NftElement): element is RangeElement {
  return element.keyEnd !== undefined;
}

/** All but the address at the end, which is as long as that at the beginning. */
function placeOf({ set, key }: RangeElement): string {
  return `${set} ${hexOf(key.subarray(0, (key.length + endpointRest) / 2))}`;
}

function doOverlap(a: RangeElement, b: RangeElement): boolean {
  return Buffer.compare(a.key, b.keyEnd) <= 0 && Buffer.compare(b.key, a.keyEnd) <= 0;
}

function nameOf({ set, key, keyEnd }: NftElement): string {
  return `${set} ${hexOf(key)} ${keyEnd === undefined ? '' : hexOf(keyEnd)}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
