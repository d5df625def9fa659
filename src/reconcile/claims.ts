/** One owner's claim to a key, with the row that it wants there. */
interface Claim<Row> {
  readonly owner: string;
  /** Lower goes first; among equals the owner's name decides. */
  readonly rank: number;
  readonly row: Row;
}

/**
 * Who wants what under which key. Several owners may claim one key: one of them holds it,
 * always the same one, and the next takes over when its claim goes. Pure.
 */
export class Claims<Row> {
  readonly #byKey = new Map<string, NonNullable<ClaimsToKey<Row>>>();
  readonly #isSame: (a: Row, b: Row) => boolean;

  /** `isSame` tells rows that say the same, so that they count as no change. */
  constructor(isSame: (a: Row, b: Row) => boolean = Object.is) {
    this.#isSame = isSame;
  }

  /**
   * Sets the row that an owner wants under a key, or takes its claim back without one. Answers
   * whether the key has another row now.
   */
  claim(key: string, owner: string, rank: number, row: Row | undefined): boolean {
    const before = this.#byKey.get(key);
    const after = claimsWith(before, owner, rank, row);
    if (after === undefined) {
      this.#byKey.delete(key);
    } else {
      this.#byKey.set(key, after);
    }
    const rowBefore = holding(before)?.row;
    const rowAfter = holding(after)?.row;
    return rowBefore === undefined || rowAfter === undefined
      ? rowBefore !== rowAfter
      : !this.#isSame(rowBefore, rowAfter);
  }

  /** The row of the owner that holds the key. */
  row(key: string): Row | undefined {
    return holding(this.#byKey.get(key))?.row;
  }

  /** The owner that holds the key. */
  holder(key: string): string | undefined {
    return holding(this.#byKey.get(key))?.owner;
  }

  /** The owners that claim the key and do not hold it. */
  losers(key: string): readonly string[] {
    const claims = this.#byKey.get(key);
    return isSeveral(claims) ? claims.slice(1).map(({ owner }) => owner) : noKeys;
  }
}

/** The claims to one key: nearly each key has one, and only several take an array. */
type ClaimsToKey<Row> = Claim<Row> | readonly Claim<Row>[] | undefined;

/** The claims with one owner's replaced, or taken back without a row. */
function claimsWith<Row>(
  before: ClaimsToKey<Row>,
  owner: string,
  rank: number,
  row: Row | undefined,
): ClaimsToKey<Row> {
  const claim = row === undefined ? undefined : { owner, rank, row };
  if (before === undefined || (!isSeveral(before) && before.owner === owner)) {
    return claim;
  }
  const others = (isSeveral(before) ? before : [before]).filter((other) => other.owner !== owner);
  const claims = claim === undefined ? others : [...others, claim];
  return claims.length > 1 ? claims.toSorted(byPrecedence) : claims[0];
}

function holding<Row>(claims: ClaimsToKey<Row>): Claim<Row> | undefined {
  return isSeveral(claims) ? claims[0] : claims;
}

const noKeys: readonly string[] = [];

function isSeveral<Row>(claims: ClaimsToKey<Row>): claims is readonly Claim<Row>[] {
  return Array.isArray(claims);
}

function byPrecedence(a: Claim<unknown>, b: Claim<unknown>): number {
  if (a.rank !== b.rank) {
    return a.rank - b.rank;
  }
  return a.owner < b.owner ? -1 : 1;
}
