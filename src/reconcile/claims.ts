/** One owner's claim to a key, with the row that it wants there. */
interface Claim<Row> {
  readonly owner: string;
  /** Lower goes first; among equals the owner's name decides. */
  readonly rank: number;
  readonly row: Row;
}

export interface ClaimedKeys {
  /** All that the owner claims now or claimed before. */
  readonly touched: readonly string[];
  /** Those among them that have another row now. */
  readonly changed: readonly string[];
}

/**
 * Who wants what under which key. Several owners may claim one key: one of them holds it,
 * always the same one, and the next takes over when its claim goes. Pure.
 */
export class Claims<Row> {
  /** Nearly every key has one claim: that stands for itself, and only several take an array. */
  readonly #byKey = new Map<string, Claim<Row> | readonly Claim<Row>[]>();
  readonly #keysByOwner = new Map<string, readonly string[]>();
  readonly #isSame: (a: Row, b: Row) => boolean;

  /** `isSame` tells rows that say the same, so that they count as no change. */
  constructor(isSame: (a: Row, b: Row) => boolean = Object.is) {
    this.#isSame = isSame;
  }

  /** Replaces all claims of an owner; answers with the keys that this was about. */
  replace(owner: string, rank: number, rows: ReadonlyMap<string, Row>): ClaimedKeys {
    const keysBefore = this.#keysByOwner.get(owner) ?? noKeys;
    if (keysBefore.length === 0 && rows.size === 0) {
      return nothingClaimed;
    }
    const keys = [...rows.keys()];
    const touched = [...keysBefore.filter((key) => !rows.has(key)), ...keys];
    const changed = touched.filter((key) => {
      const before = this.row(key);
      this.#claim(key, owner, rank, rows.get(key));
      const after = this.row(key);
      return before === undefined || after === undefined
        ? before !== after
        : !this.#isSame(before, after);
    });
    if (keys.length === 0) {
      this.#keysByOwner.delete(owner);
    } else {
      this.#keysByOwner.set(owner, keys);
    }
    return { touched, changed };
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

  /** No row takes the claim back. */
  #claim(key: string, owner: string, rank: number, row: Row | undefined): void {
    const before = this.#byKey.get(key);
    if (before === undefined && row !== undefined) {
      this.#byKey.set(key, { owner, rank, row });
      return;
    }
    const several = isSeveral(before) ? before : before === undefined ? [] : [before];
    const others = several.filter((claim) => claim.owner !== owner);
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
const nothingClaimed: ClaimedKeys = { touched: noKeys, changed: noKeys };

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
