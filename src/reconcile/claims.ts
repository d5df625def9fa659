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
  readonly #byKey = new Map<string, readonly Claim<Row>[]>();
  readonly #keysByOwner = new Map<string, readonly string[]>();
  readonly #isSame: (a: Row, b: Row) => boolean;

  /** `isSame` tells rows that say the same, so that they count as no change. */
  constructor(isSame: (a: Row, b: Row) => boolean = Object.is) {
    this.#isSame = isSame;
  }

  /** Replaces all claims of an owner; answers with the keys that this was about. */
  replace(owner: string, rank: number, rows: ReadonlyMap<string, Row>): ClaimedKeys {
    const keys = [...new Set([...(this.#keysByOwner.get(owner) ?? []), ...rows.keys()])];
    const changed = keys.filter((key) => {
      const before = this.row(key);
      this.#claim(key, owner, rank, rows.get(key));
      const after = this.row(key);
      return before === undefined || after === undefined
        ? before !== after
        : !this.#isSame(before, after);
    });
    if (rows.size === 0) {
      this.#keysByOwner.delete(owner);
    } else {
      this.#keysByOwner.set(owner, [...rows.keys()]);
    }
    return { touched: keys, changed };
  }

  /** The row of the owner that holds the key. */
  row(key: string): Row | undefined {
    return this.#byKey.get(key)?.[0]?.row;
  }

  /** The owner that holds the key. */
  holder(key: string): string | undefined {
    return this.#byKey.get(key)?.[0]?.owner;
  }

  /** The owners that claim the key and do not hold it. */
  losers(key: string): readonly string[] {
    return (this.#byKey.get(key) ?? []).slice(1).map(({ owner }) => owner);
  }

  /** No row takes the claim back. */
  #claim(key: string, owner: string, rank: number, row: Row | undefined): void {
    const others = (this.#byKey.get(key) ?? []).filter((claim) => claim.owner !== owner);
    const claims = row === undefined ? others : [...others, { owner, rank, row }];
    if (claims.length === 0) {
      this.#byKey.delete(key);
    } else {
      this.#byKey.set(key, claims.toSorted(byPrecedence));
    }
  }
}

function byPrecedence(a: Claim<unknown>, b: Claim<unknown>): number {
  if (a.rank !== b.rank) {
    return a.rank - b.rank;
  }
  return a.owner < b.owner ? -1 : 1;
}
