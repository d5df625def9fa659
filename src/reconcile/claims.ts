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
  /** Nearly every key has one claim: that stands for itself, and only several take an array. */
  readonly #byKey = new Map<string, Claim<Row> | readonly Claim<Row>[]>();
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
    const before = this.row(key);
    this.#set(key, owner, rank, row);
    const after = this.row(key);
    return before === undefined || after === undefined
      ? before !== after
      : !this.#isSame(before, after);
  }

  /** The row of the owner that holds the key. */
  row(key: string): Row | undefined {
    return this.#holding(key)?.row;
  }

  /** The owner that holds the key. */
  holder(key: string): string | undefined {
    return this.#holding(key)?.owner;
  }

  /** The owners that claim the key and do not hold it. */
  losers(key: string): readonly string[] {
    const claims = this.#byKey.get(key);
    return isSeveral(claims) ? claims.slice(1).map(({ owner }) => owner) : noKeys;
  }

  #holding(key: string): Claim<Row> | undefined {
    const claims = this.#byKey.get(key);
    return isSeveral(claims) ? claims[0] : claims;
  }

  #set(key: string, owner: string, rank: number, row: Row | undefined): void {
    const before = this.#byKey.get(key);
    const isOnlyOne = before === undefined || (!isSeveral(before) && before.owner === owner);
    if (isOnlyOne && row !== undefined) {
      this.#byKey.set(key, { owner, rank, row });
    } else if (isOnlyOne) {
      this.#byKey.delete(key);
    } else {
      this.#setAmongOthers(key, isSeveral(before) ? before : [before], owner, rank, row);
    }
  }

  #setAmongOthers(
    key: string,
    before: readonly Claim<Row>[],
    owner: string,
    rank: number,
    row: Row | undefined,
  ): void {
    const others = before.filter((claim) => claim.owner !== owner);
    const claims = row === undefined ? others : [...others, { owner, rank, row }];
    const [only] = claims;
    if (only === undefined) {
      this.#byKey.delete(key);
    } else {
      this.#byKey.set(key, claims.length === 1 ? only : claims.toSorted(byPrecedence));
    }
  }
}

const noKeys: readonly string[] = [];

function isSeveral<Row>(
  claims: Claim<Row> | readonly Claim<Row>[] | undefined,
): claims is readonly Claim<Row>[] {
  return Array.isArray(claims);
}

function byPrecedence(a: Claim<unknown>, b: Claim<unknown>): number {
  if (a.rank !== b.rank) {
    return a.rank - b.rank;
  }
  return a.owner < b.owner ? -1 : 1;
}
