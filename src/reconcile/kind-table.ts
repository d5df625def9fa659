import { noRest, type Pace } from '../base/work-in-parts.ts';
import { asError } from '../base/as-error.ts';
import type { AnyKindTable, Failing, Failure, StepReport } from './any-kind-table.ts';
import { BackOff } from './back-off.ts';
import type { Difference, KernelError, Kind } from './kind.ts';
import { KindList } from './kind-list.ts';
import { KindRows, type Row } from './kind-rows.ts';
import type { Planned } from './planned-changes.ts';
import type { Place, Places } from './place.ts';

/** So many messages fill the datagrams that are under way at a time. */
const changesPerChunk = 1600;

type Step = 'additions' | 'removals';

/**
 * The desired and the observed rows of one kind, and which of them may differ. What is
 * observed is a cache of the kernel: a list renews it, a change that succeeded advances it,
 * and after one that failed the object is read afresh.
 */
export class KindTable<Desired, Observed, Change> implements AnyKindTable, Places<Desired> {
  readonly name: string;
  readonly #kind: Kind<Desired, Observed, Change>;
  readonly #rows: KindRows<Desired, Observed>;
  readonly #list: KindList<Desired, Observed, Change>;
  readonly #backOff: BackOff;

  constructor(kind: Kind<Desired, Observed, Change>, backOff = new BackOff()) {
    this.name = kind.name;
    this.#kind = kind;
    this.#rows = new KindRows();
    this.#list = new KindList(kind, this.#rows);
    this.#backOff = backOff;
  }

  /** How many objects are known: desired, observed or both. */
  get size(): number {
    return this.#rows.size;
  }

  /** What is desired, of all objects. */
  *desired(): Generator<Desired> {
    for (const { desired } of this.#rows.all()) {
      if (desired !== undefined) {
        yield desired;
      }
    }
  }

  /** Sets what is desired under a key, or that nothing is. The work is done in the next round. */
  setDesired(key: string, desired: Desired | undefined): void {
    this.setDesiredAt(this.#rows.of(key), desired);
  }

  /** The same at a place of this table. */
  setDesiredAt(row: Row<Desired, Observed>, desired: Desired | undefined): void {
    this.#rows.setDesired(row, desired);
    // A change of mind is news: it does not wait for the end of a back-off.
    this.#backOff.succeeded(row.key);
  }

  find(key: string): Place<Desired> | undefined {
    return this.#rows.get(key);
  }

  at(key: string): Place<Desired> {
    return this.#rows.of(key);
  }

  /**
   * Reads the whole kind from the kernel; rows that differ then are dirty. Rounds may go on
   * meanwhile: the list says nothing of the rows that they touch.
   */
  relist(pace: Pace = noRest): Promise<void> {
    return this.#list.read(pace);
  }

  /** Reads afresh the objects about which the kernel said something unexpected. */
  async reread(nowMs: number): Promise<readonly Failure[]> {
    const known = this.#suspectsDue(nowMs);
    if (known.size === 0) {
      return [];
    }
    try {
      const found = await this.#kind.read(known);
      this.#list.readAfresh(known.keys(), found);
      return [];
    } catch (error) {
      return [...known.keys()].map((key) => this.#fail(this.#rows.of(key), asError(error), nowMs));
    }
  }

  /** After this a row that did not fail and has nothing to be removed is no longer dirty. */
  applyAdditions(nowMs: number): Promise<StepReport> {
    return this.#inChunks(nowMs, 'additions');
  }

  /** After this a row that did not fail is no longer dirty. */
  applyRemovals(nowMs: number): Promise<StepReport> {
    return this.#inChunks(nowMs, 'removals');
  }

  /** In place of applyRemovals where nothing may be removed yet: what is to go stays dirty. */
  deferRemovals(nowMs: number): void {
    for (const row of this.#readyRows(nowMs)) {
      this.#backOff.succeeded(row.key);
      const { additions, removals } = this.#differenceOf(row);
      if (additions.length + removals.length === 0) {
        this.#rows.settle(row);
      }
    }
  }

  /** Whether some objects change by themselves, or are to be changed since time has passed. */
  anyNeedsPolling(): boolean {
    return (this.#kind.needsPolling?.() ?? []).length > 0 || this.#kind.awaitsTime?.() === true;
  }

  /**
   * Reads the objects that change by themselves, one after the other, for the next round to do what
   * follows; rounds may go on meanwhile, and what they touch is left to the next review.
   */
  async pollRows(): Promise<void> {
    for (const key of this.#kind.takeDue?.() ?? []) {
      const row = this.#rows.get(key);
      if (row !== undefined) {
        this.#rows.dirty.add(row);
      }
    }
    for (const key of this.#kind.needsPolling?.() ?? []) {
      const row = this.#rows.get(key);
      if (row !== undefined && !this.#rows.suspect.has(key)) {
        await this.#review(row);
      }
    }
  }

  async #review(row: Row<Desired, Observed>): Promise<void> {
    const { key, desired, observed } = row;
    const known = desired ?? observed;
    if (known === undefined) {
      return;
    }
    try {
      const found =
        observed === undefined || this.#kind.review === undefined
          ? (await this.#kind.read(new Map([[key, known]]))).get(key)
          : await this.#kind.review(key, desired, observed);
      if (row.observed === observed && this.#rows.get(key) === row) {
        this.#rows.setObserved(row, found);
        this.#rows.dirty.add(row);
      }
    } catch {
      // The round asks again, and tells of it where that fails too.
      this.#rows.suspect.set(key, known);
      this.#rows.dirty.add(this.#rows.of(key));
    }
  }

  /** Whether rows may differ, tried again or not yet. */
  hasDirty(): boolean {
    return this.#rows.dirty.size > 0;
  }

  /** Whether the kernel must be asked about some rows. */
  hasSuspect(): boolean {
    return this.#rows.suspect.size > 0;
  }

  hasWork(nowMs: number): boolean {
    return [...this.#rows.dirty].some(({ key }) => this.#backOff.isDue(key, nowMs));
  }

  takeDrifted(): readonly string[] {
    return this.#list.takeDrifted();
  }

  failing(): readonly string[] {
    return this.#backOff.keys();
  }

  failureOf(key: string, nowMs: number): Failing | undefined {
    const waiting = this.#backOff.waiting(key);
    return waiting?.error === undefined
      ? undefined
      : { kind: this.name, key, error: waiting.error, forMs: nowMs - waiting.sinceMs };
  }

  nextDueAtMs(): number | undefined {
    return this.#backOff.nextDueAtMs();
  }

  /** The keys whose rows differ from the kernel, by what is known of it. */
  differing(): readonly string[] {
    return Array.from(this.#rows.all())
      .filter((row) => {
        const { additions, removals } = this.#differenceOf(row);
        return additions.length + removals.length > 0;
      })
      .map(({ key }) => key);
  }

  /**
   * Carries out the changes of all rows that are due, some at a time: what a first sync of
   * thousands makes need not be in memory at once. Rows are no longer dirty before the kernel is
   * waited for, so that one that is set meanwhile is dirty anew.
   */
  async #inChunks(nowMs: number, step: Step): Promise<StepReport> {
    const failures: Failure[] = [];
    let applied = 0;
    let looked: Row<Desired, Observed>[] = [];
    let planned: Planned<Desired, Observed, Change>[] = [];
    let size = 0;
    const carryOut = async (): Promise<void> => {
      if (planned.length > 0) {
        applied += this.#absorb(planned, await this.#execute(planned), nowMs, failures);
      }
      this.#endBackOffs(looked);
      [looked, planned, size] = [[], [], 0];
    };
    for (const row of this.#readyRows(nowMs)) {
      const object = this.#plan(row, step);
      looked.push(row);
      if (object !== undefined) {
        planned.push(object);
        size += object.size;
      }
      if (size >= changesPerChunk) {
        await carryOut();
      }
    }
    await carryOut();
    return { applied, failures };
  }

  /** Of these rows, those that are as they should be have waited long enough. */
  #endBackOffs(rows: readonly Row<Desired, Observed>[]): void {
    for (const row of this.#backOff.hasWaiting ? rows : []) {
      if (!this.#rows.dirty.has(row) && !this.#rows.suspect.has(row.key)) {
        this.#backOff.succeeded(row.key);
      }
    }
  }

  /** What a step has to do about a row; undefined for nothing. */
  #plan(row: Row<Desired, Observed>, step: Step): Planned<Desired, Observed, Change> | undefined {
    const difference = this.#differenceOf(row);
    const changes = difference[step];
    const areAll = difference[step === 'additions' ? 'removals' : 'additions'].length === 0;
    if (areAll) {
      this.#rows.settle(row);
    }
    const { desired, observed } = row;
    return changes.length === 0
      ? undefined
      : { row, desired, observed, changes, size: this.#sizeOf(changes), areAll };
  }

  /** What stops a batch as a whole is the failure of each of its changes. */
  async #execute(
    planned: readonly Planned<Desired, Observed, Change>[],
  ): Promise<readonly (KernelError | Error | undefined)[]> {
    const changes = planned.flatMap((object) => object.changes);
    try {
      return await this.#kind.apply(changes);
    } catch (error) {
      const failure = asError(error);
      return changes.map(() => failure);
    }
  }

  /**
   * Takes the outcomes of the changes of all rows, one behind the other. Returns how many changes
   * the kernel took; what failed is added to `failures`.
   */
  #absorb(
    planned: readonly Planned<Desired, Observed, Change>[],
    outcomes: readonly (Error | undefined)[],
    nowMs: number,
    failures: Failure[],
  ): number {
    let applied = 0;
    let first = 0;
    for (const object of planned) {
      const own = outcomes.slice(first, first + object.changes.length);
      applied += this.#absorbOne(object, own, nowMs, failures);
      first += object.changes.length;
    }
    return applied;
  }

  #absorbOne(
    object: Planned<Desired, Observed, Change>,
    outcomes: readonly (Error | undefined)[],
    nowMs: number,
    failures: Failure[],
  ): number {
    const { changes, size, areAll, desired } = object;
    // The first failure of an object says what is wrong; the others follow from it.
    const error = outcomes.find((outcome) => outcome !== undefined);
    if (error === undefined) {
      this.#advance(object, changes, areAll ? desired : undefined);
      return size;
    }
    const taken = changes.filter((_, index) => outcomes[index] === undefined);
    if (taken.length > 0) {
      this.#advance(object, taken, undefined);
    }
    this.#suspectPlanned(object, error, nowMs, failures);
    return this.#sizeOf(taken);
  }

  #suspectPlanned(
    { row: { key }, desired, observed }: Planned<Desired, Observed, Change>,
    error: Error,
    nowMs: number,
    failures: Failure[],
  ): void {
    const known = desired ?? observed;
    if (known !== undefined && !this.#rows.suspect.has(key)) {
      this.#rows.suspect.set(key, known);
      failures.push(this.#fail(this.#rows.of(key), error, nowMs));
    }
  }

  /**
   * Takes note of changes that the kernel took; `led` is the desired row that they led to, where
   * nothing else differed from it.
   */
  #advance(
    { row: { key } }: Planned<Desired, Observed, Change>,
    taken: readonly Change[],
    led: Desired | undefined,
  ): void {
    const row = this.#rows.of(key);
    this.#rows.setObserved(row, this.#kind.after(row.observed, taken, led));
  }

  #sizeOf(changes: readonly Change[]): number {
    return changes.reduce((sum, change) => sum + (this.#kind.sizeOf?.(change) ?? 1), 0);
  }

  #suspectsDue(nowMs: number): Map<string, Desired | Observed> {
    const due = new Map<string, Desired | Observed>();
    for (const [key, knownThen] of this.#rows.suspect) {
      if (this.#backOff.isDue(key, nowMs)) {
        const row = this.#rows.get(key);
        due.set(key, row?.desired ?? row?.observed ?? knownThen);
      }
    }
    return due;
  }

  #differenceOf({ desired, observed }: Row<Desired, Observed>): Difference<Change> {
    return this.#kind.difference(desired, observed);
  }

  #readyRows(nowMs: number): Row<Desired, Observed>[] {
    const rows = [...this.#rows.dirty];
    return this.#rows.suspect.size === 0 && !this.#backOff.hasWaiting
      ? rows
      : rows.filter(({ key }) => !this.#rows.suspect.has(key) && this.#backOff.isDue(key, nowMs));
  }

  #fail(row: Row<Desired, Observed>, error: Error, nowMs: number): Failure {
    const { key } = row;
    this.#backOff.failed(key, nowMs, error);
    this.#rows.markDirty(row);
    return { kind: this.name, key, error };
  }
}
