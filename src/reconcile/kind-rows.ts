import type { Claimants, Place } from './place.ts';

/** What is desired and what is observed under one key. */
export interface Row<Desired, Observed> extends Place<Desired> {
  desired: Desired | undefined;
  observed: Observed | undefined;
  claimants: Claimants<Desired>;
  /** The number of the part of a list that had it last; 0 for none. */
  listedBy: number;
}

/**
 * The desired and the observed rows of one kind, which of them may differ (dirty), and which the
 * kernel must be asked about (suspect).
 */
export class KindRows<Desired, Observed> {
  /** In the order in which they became so. */
  readonly dirty = new Set<Row<Desired, Observed>>();
  /** What was last known of each object that the kernel must be asked about. */
  readonly suspect = new Map<string, Desired | Observed>();
  readonly #rows = new Map<string, Row<Desired, Observed>>();
  /** While the kernel is listed: the keys whose rows have changed since. */
  #touched: Set<string> | undefined;

  /** The row of a key; an empty one where none is held. */
  of(key: string): Row<Desired, Observed> {
    const held = this.#rows.get(key);
    if (held !== undefined) {
      return held;
    }
    const row: Row<Desired, Observed> = {
      key,
      desired: undefined,
      observed: undefined,
      claimants: undefined,
      listedBy: 0,
    };
    this.#rows.set(key, row);
    return row;
  }

  get(key: string): Row<Desired, Observed> | undefined {
    return this.#rows.get(key);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** All rows. */
  all(): Iterable<Row<Desired, Observed>> {
    return this.#rows.values();
  }

  /** The keys that are touched from here on, until `forgetTouched`. */
  rememberTouched(): ReadonlySet<string> {
    const touched = new Set<string>();
    this.#touched = touched;
    return touched;
  }

  forgetTouched(): void {
    this.#touched = undefined;
  }

  setDesired(row: Row<Desired, Observed>, desired: Desired | undefined): void {
    row.desired = desired;
    this.markDirty(row);
  }

  setObserved(row: Row<Desired, Observed>, observed: Observed | undefined): void {
    this.#touched?.add(row.key);
    row.observed = observed;
    if (!this.dirty.has(row)) {
      this.#dropIfEmpty(row);
    }
  }

  /** The row may differ; what a list says of it is older. */
  markDirty(row: Row<Desired, Observed>): void {
    this.#touched?.add(row.key);
    this.dirty.add(row);
  }

  /** Nothing is to be done about the row; one that is about nothing is not kept. */
  settle(row: Row<Desired, Observed>): void {
    this.dirty.delete(row);
    this.#dropIfEmpty(row);
  }

  #dropIfEmpty(row: Row<Desired, Observed>): void {
    const isEmpty =
      row.desired === undefined && row.observed === undefined && row.claimants === undefined;
    if (isEmpty && this.#rows.get(row.key) === row) {
      this.#rows.delete(row.key);
    }
  }
}
