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
  readonly #byKey = new Map<string, readonly Claim<Row>[]>();
  readonly #keysByOwner = new Map<string, readonly string[]>();

  /** Replaces all claims of an owner; answers with the keys that it claims or claimed. */
  replace(owner: string, rank: number, rows: ReadonlyMap<string, Row>): Set<string> {
    const touched = new Set<string>();
    for (const key of this.#keysByOwner.get(owner) ?? []) {
      touched.add(key);
      if (!rows.has(key)) {
        this.#set(key, this.#without(key, owner));
      }
    }
    for (const [key, row] of rows) {
      touched.add(key);
      const claims = [...this.#without(key, owner), { owner, rank, row }];
      this.#set(key, claims.length > 1 ? claims.sort(byPrecedence) : claims);
    }
    if (rows.size === 0) {
      this.#keysByOwner.delete(owner);
    } else {
      this.#keysByOwner.set(owner, [...rows.keys()]);
    }
    return touched;
  }

  /** The row of the owner that holds the key. */
  row(key: string): Row | undefined {
    return this.#byKey.get(key)?.[0]?.row;
  }

  /** The owner that holds the key. */
  holder(key: string): string | undefined {
    return this.#byKey.get(key)?.[0]?.owner;
  }

  #without(key: string, owner: string): readonly Claim<Row>[] {
    return (this.#byKey.get(key) ?? []).filter((claim) => claim.owner !== owner);
  }

  #set(key: string, claims: readonly Claim<Row>[]): void {
    if (claims.length === 0) {
      this.#byKey.delete(key);
    } else {
      this.#byKey.set(key, claims);
    }
  }
}

function byPrecedence(a: Claim<unknown>, b: Claim<unknown>): number {
  if (a.rank !== b.rank) {
    return a.rank - b.rank;
  }
  return a.owner < b.owner ? -1 : 1;
}
