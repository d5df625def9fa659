import type { Claim, Claimants, Owner, Place, Places } from './place.ts';

/**
 * Who wants what under which key. Several owners may claim one key: one of them holds it, always the
 * same one, and the next takes over when its claim goes. What the holder wants is what is desired in
 * the table; nearly each key has one owner, who takes no memory beside the place. Pure.
 */
export class Claims<Row> {
  readonly #places: Places<Row>;
  readonly #isSame: (a: Row, b: Row) => boolean;

  /** `isSame` tells rows that say the same, so that they count as no change. */
  constructor(places: Places<Row>, isSame: (a: Row, b: Row) => boolean = Object.is) {
    this.#places = places;
    this.#isSame = isSame;
  }

  /**
   * Sets the row that an owner wants under a key, or takes its claim back without one. Answers
   * whether the key has another row now.
   */
  claim(key: string, owner: Owner, row: Row | undefined): boolean {
    const place = row === undefined ? this.#places.find(key) : this.#places.at(key);
    return place !== undefined && this.claimAt(place, owner, row);
  }

  /** The same at a place that is known. */
  claimAt(place: Place<Row>, owner: Owner, row: Row | undefined): boolean {
    const { claimants, desired: before } = place;
    let after = row;
    if (claimants === undefined || (!isSeveral(claimants) && claimants.key === owner.key)) {
      place.claimants = row === undefined ? undefined : owner;
    } else {
      const claims = claimsWith(claimsOf(claimants, before), owner, row);
      place.claimants = claims.length > 1 ? claims : claims[0]?.owner;
      after = claims[0]?.row;
    }
    const isChanged =
      before === undefined || after === undefined
        ? before !== after
        : !(before === after || this.#isSame(before, after));
    if (isChanged) {
      this.#places.setDesiredAt(place, after);
    }
    return isChanged;
  }

  /** The row of the owner that holds the key. */
  row(key: string): Row | undefined {
    return this.#places.find(key)?.desired;
  }

  /** The owner that holds the key. */
  holder(key: string): string | undefined {
    const claimants = this.#places.find(key)?.claimants;
    return isSeveral(claimants) ? claimants[0]?.owner.key : claimants?.key;
  }

  /** All owners that claim the key. */
  claimants(key: string): readonly Owner[] {
    const claimants = this.#places.find(key)?.claimants;
    if (isSeveral(claimants)) {
      return claimants.map(({ owner }) => owner);
    }
    return claimants === undefined ? [] : [claimants];
  }

  /** The owners that claim the key and do not hold it. */
  losers(key: string): readonly string[] {
    const claimants = this.#places.find(key)?.claimants;
    return isSeveral(claimants) ? claimants.slice(1).map(({ owner }) => owner.key) : noKeys;
  }
}

const noKeys: readonly string[] = [];

function isSeveral<Row>(claimants: Claimants<Row>): claimants is readonly Claim<Row>[] {
  return Array.isArray(claimants);
}

function claimsOf<Row>(
  claimants: NonNullable<Claimants<Row>>,
  desired: Row | undefined,
): readonly Claim<Row>[] {
  if (isSeveral(claimants)) {
    return claimants;
  }
  return desired === undefined ? [] : [{ owner: claimants, row: desired }];
}

/** The claims with one owner's replaced, or taken back without a row, the first one first. */
function claimsWith<Row>(
  before: readonly Claim<Row>[],
  owner: Owner,
  row: Row | undefined,
): readonly Claim<Row>[] {
  const others = before.filter((claim) => claim.owner.key !== owner.key);
  return row === undefined ? others : [...others, { owner, row }].toSorted(byPrecedence);
}

/** Whose claim goes first. */
export function byPrecedence(
  a: Pick<Claim<unknown>, 'owner'>,
  b: Pick<Claim<unknown>, 'owner'>,
): number {
  const [rankOfA, rankOfB] = [a.owner.rank ?? 0, b.owner.rank ?? 0];
  if (rankOfA !== rankOfB) {
    return rankOfA - rankOfB;
  }
  return a.owner.key < b.owner.key ? -1 : 1;
}
