import { asError } from '../as-error.ts';
import { eachInParts } from '../work-in-parts.ts';
import type { AnyKindTable, Failure, StepReport } from './any-kind-table.ts';
import { BackOff } from './back-off.ts';
import { differences } from './differences.ts';
import type { Difference, KernelError, Kind } from './kind.ts';

const keysPerChunk = 500;

/** The changes of one object, and the row by which that can be asked about. */
interface Planned<Row, Change> {
  readonly key: string;
  readonly known: Row;
  readonly changes: readonly Change[];
}

/**
 * The desired and the observed rows of one kind, and which of them may differ. What is
 * observed is a cache of the kernel: a list renews it, a change that succeeded advances it,
 * and after one that failed the object is read afresh.
 */
export class KindTable<Desired, Observed, Change> implements AnyKindTable {
  readonly name: string;
  readonly #kind: Kind<Desired, Observed, Change>;
  readonly #desired = new Map<string, Desired>();
  readonly #observed = new Map<string, Observed>();
  readonly #dirty = new Set<string>();
  /** What was last known of each object that the kernel must be asked about. */
  readonly #suspect = new Map<string, Desired | Observed>();
  readonly #backOff: BackOff;
  /** While the kernel is listed: the keys whose rows have changed since. */
  #touched: Set<string> | undefined;

  constructor(kind: Kind<Desired, Observed, Change>, backOff = new BackOff()) {
    this.name = kind.name;
    this.#kind = kind;
    this.#backOff = backOff;
  }

  /** Sets what is desired under a key, or that nothing is. The work is done in the next round. */
  setDesired(key: string, row: Desired | undefined): void {
    if (row === undefined) {
      this.#desired.delete(key);
    } else {
      this.#desired.set(key, row);
    }
    this.#touched?.add(key);
    this.#dirty.add(key);
    // A change of mind is news: it does not wait for the end of a back-off.
    this.#backOff.succeeded(key);
  }

  /**
   * Reads the whole kind from the kernel; rows that differ then are dirty. Rounds may go on
   * meanwhile: the list says nothing of the rows that they touch.
   */
  async relist(): Promise<void> {
    const touched = new Set<string>();
    this.#touched = touched;
    try {
      const listed = await this.#kind.list((key) => touched.has(key));
      await this.#takeListed(listed, touched);
      await this.#missListed(listed, touched);
    } finally {
      this.#touched = undefined;
    }
  }

  /** Reads afresh the objects about which the kernel said something unexpected. */
  async reread(nowMs: number): Promise<readonly Failure[]> {
    const known = this.#suspectsDue(nowMs);
    if (known.size === 0) {
      return [];
    }
    try {
      const found = await this.#kind.read(known);
      for (const key of known.keys()) {
        this.#setObserved(key, found.get(key));
        this.#suspect.delete(key);
      }
      return [];
    } catch (error) {
      return [...known.keys()].map((key) => this.#fail(key, asError(error), nowMs));
    }
  }

  /** After this a row that did not fail and has nothing to be removed is no longer dirty. */
  applyAdditions(nowMs: number): Promise<StepReport> {
    return this.#inChunks(nowMs, (key) => {
      const { additions, removals } = this.#differenceOf(key);
      if (removals.length === 0) {
        this.#dirty.delete(key);
      }
      return additions;
    });
  }

  /** After this a row that did not fail is no longer dirty. */
  applyRemovals(nowMs: number): Promise<StepReport> {
    return this.#inChunks(nowMs, (key) => {
      const { additions, removals } = this.#differenceOf(key);
      if (additions.length === 0) {
        this.#dirty.delete(key);
      }
      return removals;
    });
  }

  /** In place of applyRemovals where nothing may be removed yet: what is to go stays dirty. */
  deferRemovals(nowMs: number): void {
    for (const key of this.#readyKeys(nowMs)) {
      this.#backOff.succeeded(key);
      const { additions, removals } = this.#differenceOf(key);
      if (additions.length + removals.length === 0) {
        this.#dirty.delete(key);
      }
    }
  }

  /** Whether some objects change by themselves. */
  hasRestless(): boolean {
    return (this.#kind.restless?.() ?? []).length > 0;
  }

  /**
   * Reads the objects that change by themselves, one after the other, for the next round to do what
   * follows; rounds may go on meanwhile, and what they touch is left to the next review.
   */
  async reviewRestless(): Promise<void> {
    for (const key of this.#kind.restless?.() ?? []) {
      const observed = this.#observed.get(key);
      const known = this.#desired.get(key) ?? observed;
      if (known === undefined || this.#suspect.has(key)) {
        continue;
      }
      try {
        const found = await this.#kind.read(new Map([[key, known]]));
        if (this.#observed.get(key) === observed) {
          this.#setObserved(key, found.get(key));
          this.#dirty.add(key);
        }
      } catch {
        // The round asks again, and tells of it where that fails too.
        this.#suspect.set(key, known);
        this.#dirty.add(key);
      }
    }
  }

  /** Whether rows may differ, tried again or not yet. */
  hasDirty(): boolean {
    return this.#dirty.size > 0;
  }

  hasWork(nowMs: number): boolean {
    for (const key of this.#dirty) {
      if (this.#backOff.isDue(key, nowMs)) {
        return true;
      }
    }
    return false;
  }

  failing(): readonly string[] {
    return this.#backOff.keys();
  }

  nextDueAtMs(): number | undefined {
    return this.#backOff.nextDueAtMs();
  }

  /** The keys whose rows differ from the kernel, by what is known of it. */
  differing(): readonly string[] {
    return differences(this.#kind.difference.bind(this.#kind), this.#desired, this.#observed).map(
      ({ key }) => key,
    );
  }

  #planned(
    key: string,
    changes: readonly Change[],
  ): readonly Planned<Desired | Observed, Change>[] {
    const known = this.#desired.get(key) ?? this.#observed.get(key);
    return known === undefined || changes.length === 0 ? [] : [{ key, known, changes }];
  }

  /**
   * Carries out the changes of all keys that are due, some hundred keys at a time: what a first
   * sync of thousands makes need not be in memory at once. `changesOf` takes keys off the dirty
   * ones before the kernel is waited for, so that a row that is set meanwhile is dirty anew.
   */
  async #inChunks(
    nowMs: number,
    changesOf: (key: string) => readonly Change[],
  ): Promise<StepReport> {
    const keys = this.#readyKeys(nowMs);
    const failures: Failure[] = [];
    let applied = 0;
    for (let start = 0; start < keys.length; start += keysPerChunk) {
      const chunk = keys.slice(start, start + keysPerChunk);
      const planned = chunk.flatMap((key) => this.#planned(key, changesOf(key)));
      if (planned.length > 0) {
        const report = this.#absorb(planned, await this.#execute(planned), nowMs);
        applied += report.applied;
        failures.push(...report.failures);
      }
      for (const key of chunk) {
        if (!this.#suspect.has(key) && !this.#dirty.has(key)) {
          this.#backOff.succeeded(key);
        }
      }
    }
    return { applied, failures };
  }

  /** What stops a batch as a whole is the failure of each of its changes. */
  async #execute(
    planned: readonly Planned<unknown, Change>[],
  ): Promise<readonly (KernelError | Error | undefined)[]> {
    const changes = planned.flatMap((object) => object.changes);
    try {
      return await this.#kind.apply(changes);
    } catch (error) {
      const failure = asError(error);
      return changes.map(() => failure);
    }
  }

  /** `outcomes` are those of the changes of all objects, one behind the other. */
  #absorb(
    planned: readonly Planned<Desired | Observed, Change>[],
    outcomes: readonly (Error | undefined)[],
    nowMs: number,
  ): StepReport {
    const failures: Failure[] = [];
    let applied = 0;
    let at = 0;
    for (const { key, known, changes } of planned) {
      const errors = outcomes.slice(at, at + changes.length);
      at += changes.length;
      // The first failure of an object says what is wrong; the others follow from it.
      const error = errors.find((outcome) => outcome !== undefined);
      const taken =
        error === undefined ? changes : changes.filter((_, index) => errors[index] === undefined);
      if (taken.length > 0) {
        this.#setObserved(key, this.#kind.after(this.#observed.get(key), taken));
        applied += this.#sizeOf(taken);
      }
      if (error !== undefined && !this.#suspect.has(key)) {
        this.#suspect.set(key, known);
        failures.push(this.#fail(key, error, nowMs));
      }
    }
    return { applied, failures };
  }

  #sizeOf(changes: readonly Change[]): number {
    return changes.reduce((sum, change) => sum + (this.#kind.sizeOf?.(change) ?? 1), 0);
  }

  #suspectsDue(nowMs: number): Map<string, Desired | Observed> {
    const due = new Map<string, Desired | Observed>();
    for (const [key, knownThen] of this.#suspect) {
      if (this.#backOff.isDue(key, nowMs)) {
        due.set(key, this.#desired.get(key) ?? this.#observed.get(key) ?? knownThen);
      }
    }
    return due;
  }

  #differenceOf(key: string): Difference<Change> {
    return this.#kind.difference(this.#desired.get(key), this.#observed.get(key));
  }

  #readyKeys(nowMs: number): string[] {
    return [...this.#dirty].filter(
      (key) => !this.#suspect.has(key) && this.#backOff.isDue(key, nowMs),
    );
  }

  #fail(key: string, error: Error, nowMs: number): Failure {
    this.#backOff.failed(key, nowMs);
    this.#touched?.add(key);
    this.#dirty.add(key);
    return { kind: this.name, key, error };
  }

  async #takeListed(
    listed: ReadonlyMap<string, Observed>,
    touched: ReadonlySet<string>,
  ): Promise<void> {
    await eachInParts(listed, ([key, row]) => {
      if (!touched.has(key)) {
        this.#takeRow(key, row);
      }
    });
  }

  #takeRow(key: string, row: Observed): void {
    this.#suspect.delete(key);
    const desired = this.#desired.get(key);
    const { additions, removals } = this.#kind.difference(desired, row);
    if (additions.length + removals.length > 0) {
      this.#dirty.add(key);
      this.#observed.set(key, row);
    } else {
      this.#observed.set(
        key,
        desired === undefined ? row : (this.#kind.unify?.(desired, row) ?? row),
      );
    }
  }

  /**
   * What is not in the list is gone. Beside changes of our own a list of the kernel may lack rows
   * that are there: then it is no more than a reason to ask.
   */
  async #missListed(
    listed: ReadonlyMap<string, Observed>,
    touched: ReadonlySet<string>,
  ): Promise<void> {
    const miss = (key: string): void => {
      if (!listed.has(key) && !touched.has(key)) {
        this.#missRow(key, touched.size > 0);
      }
    };
    // Rows that come and go meanwhile are touched ones.
    await eachInParts(this.#observed.keys(), miss);
    await eachInParts(this.#desired.keys(), miss);
  }

  #missRow(key: string, isDoubtful: boolean): void {
    const desired = this.#desired.get(key);
    this.#dirty.add(key);
    if (isDoubtful && desired !== undefined && this.#observed.has(key)) {
      this.#suspect.set(key, desired);
    } else {
      this.#suspect.delete(key);
      this.#observed.delete(key);
    }
  }

  #setObserved(key: string, row: Observed | undefined): void {
    this.#touched?.add(key);
    if (row === undefined) {
      this.#observed.delete(key);
    } else {
      this.#observed.set(key, row);
    }
  }
}
