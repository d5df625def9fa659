import type { Kind } from './kind.ts';
import type { Claimants, Place } from './place.ts';

/** What is desired and what is observed under one key. */
export interface Row<Desired, Observed> extends Place<Desired> {
  desired: Desired | undefined;
  /** Undefined too where `programmed` says what the kernel holds. */
  observed: Observed | undefined;
  /**
   * The desired row that the kernel holds to the letter: nearly all rows are in that state, and need
   * no observed row of their own.
   */
  programmed: Desired | undefined;
  claimants: Claimants<Desired>;
  /** The number of the part of a list that had it last; 0 for none. */
  listedBy: number;
}

/** What of a kind tells how its rows are held. */
type HowHeld<Desired, Observed> = Pick<
  Kind<Desired, Observed, unknown>,
  'observedAs' | 'isExactly'
>;

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
  readonly #kind: HowHeld<Desired, Observed>;
  /** What was made last of a row that is `programmed`: mostly the next question is about it too. */
  #lastProgrammed: Desired | undefined;
  #lastObserved: Observed | undefined;

  constructor(kind: HowHeld<Desired, Observed>) {
    this.#kind = kind;
  }

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
      programmed: undefined,
      claimants: undefined,
      listedBy: 0,
    };
    this.#rows.set(key, row);
    return row;
  }

  get(key: string): Row<Desired, Observed> | undefined {
    return this.#rows.get(key);
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

  /** What the kernel is known to hold; the same object where it is asked again and again. */
  observedOf({ observed, programmed }: Row<Desired, Observed>): Observed | undefined {
    if (programmed === undefined) {
      return observed;
    }
    if (programmed !== this.#lastProgrammed) {
      this.#lastProgrammed = programmed;
      this.#lastObserved = this.#kind.observedAs?.(programmed);
    }
    return this.#lastObserved;
  }

  /** The same for a row that is about to change: what it starts from is asked for twice more. */
  unfold(row: Row<Desired, Observed>): Observed | undefined {
    row.observed = this.observedOf(row);
    row.programmed = undefined;
    return row.observed;
  }

  /** Whether the kernel is known to hold anything under the key. */
  isHeld({ observed, programmed }: Row<Desired, Observed>): boolean {
    return observed !== undefined || programmed !== undefined;
  }

  setObserved(row: Row<Desired, Observed>, observed: Observed | undefined): void {
    this.#touched?.add(row.key);
    this.list(row, observed);
    if (!this.dirty.has(row)) {
      this.#dropIfEmpty(row);
    }
  }

  /** Whether rows of this kind may be `programmed`. */
  get canBeProgrammed(): boolean {
    return this.#kind.observedAs !== undefined;
  }

  /** The kernel holds exactly what a desired row says, by changes of our own. */
  setProgrammed(row: Row<Desired, Observed>, desired: Desired): void {
    this.#touched?.add(row.key);
    row.observed = undefined;
    row.programmed = desired;
  }

  /** The kernel shows this of a row that no change of our own has touched meanwhile. */
  list(row: Row<Desired, Observed>, observed: Observed | undefined): void {
    const { desired } = row;
    const isProgrammed =
      desired !== undefined &&
      observed !== undefined &&
      this.canBeProgrammed &&
      this.#kind.isExactly?.(desired, observed) === true;
    row.observed = isProgrammed ? undefined : observed;
    row.programmed = isProgrammed ? desired : undefined;
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
      row.desired === undefined &&
      row.observed === undefined &&
      row.programmed === undefined &&
      row.claimants === undefined;
    if (isEmpty && this.#rows.get(row.key) === row) {
      this.#rows.delete(row.key);
    }
  }
}
