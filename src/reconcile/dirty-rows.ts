/** What the rows of a `DirtyRows` carry for it. */
export interface Dirtiable {
  /** Where it stands among the dirty rows; -1 where it is not one of them. */
  dirtyAt: number;
}

/** So many places of rows that are no longer dirty are kept without a look. */
const fewPlaces = 1024;

/**
 * The rows that may differ, in the order in which they became so. As a Set it would be a second table
 * of all rows in a first sync; here each row knows its place in a list.
 */
export class DirtyRows<Row extends Dirtiable> {
  #rows: (Row | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(row: Row): boolean {
    return row.dirtyAt >= 0;
  }

  add(row: Row): void {
    if (row.dirtyAt < 0) {
      row.dirtyAt = this.#rows.length;
      this.#rows.push(row);
      this.#size += 1;
    }
  }

  delete(row: Row): void {
    if (row.dirtyAt >= 0) {
      this.#rows[row.dirtyAt] = undefined;
      row.dirtyAt = -1;
      this.#size -= 1;
      if (this.#size === 0 && this.#rows.length > fewPlaces) {
        this.#rows = [];
      }
    }
  }

  /** Whether one of them is as asked for. */
  some(predicate: (row: Row) => boolean): boolean {
    return this.#rows.some((row) => row !== undefined && predicate(row));
  }

  /** A list of them as they are now; what is added or deleted later leaves it alone. */
  list(): Row[] {
    if (this.#rows.length > this.#size) {
      this.#compact();
    }
    // Without a gap each of them is a row.
    return this.#rows.filter((row) => row !== undefined);
  }

  #compact(): void {
    this.#rows = this.#rows.filter((row) => row !== undefined);
    this.#rows.forEach((row, index) => {
      if (row !== undefined) {
        row.dirtyAt = index;
      }
    });
  }
}
