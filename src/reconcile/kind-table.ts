import { asError } from '../as-error.ts';
import { BackOff } from './back-off.ts';
import { differences } from './differences.ts';
import type { Difference, KernelError, Kind } from './kind.ts';

/** An object that the kernel does not hold as desired, and why. */
export interface Failure {
  readonly kind: string;
  readonly key: string;
  readonly error: Error;
}

/** What a table tells the loop after a step. */
export interface StepReport {
  /** Changes that the kernel took. */
  readonly applied: number;
  readonly failures: readonly Failure[];
}

/** A table as the loop holds it, whatever its kind. */
export interface AnyKindTable {
  readonly name: string;
  relist(): Promise<void>;
  reread(nowMs: number): Promise<readonly Failure[]>;
  applyAdditions(nowMs: number): Promise<StepReport>;
  applyRemovals(nowMs: number): Promise<StepReport>;
  deferRemovals(nowMs: number): void;
  hasWork(nowMs: number): boolean;
  hasRestless(): boolean;
  reviewRestless(): void;
  nextDueAtMs(): number | undefined;
  differing(): readonly string[];
  failing(): readonly string[];
}

/** A change with the key of its object and the row by which that can be asked about. */
interface Planned<Row, Change> {
  readonly key: string;
  readonly known: Row;
  readonly change: Change;
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
  #observed = new Map<string, Observed>();
  readonly #dirty = new Set<string>();
  /** What was last known of each object that the kernel must be asked about. */
  readonly #suspect = new Map<string, Desired | Observed>();
  readonly #backOff: BackOff;

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
    this.#dirty.add(key);
    // A change of mind is news: it does not wait for the end of a back-off.
    this.#backOff.succeeded(key);
  }

  /** Reads the whole kind from the kernel; from then on every row may differ. */
  async relist(): Promise<void> {
    this.#observed = await this.#kind.list();
    this.#suspect.clear();
    for (const key of this.#observed.keys()) {
      this.#dirty.add(key);
    }
    for (const key of this.#desired.keys()) {
      this.#dirty.add(key);
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

  applyAdditions(nowMs: number): Promise<StepReport> {
    const planned = this.#readyKeys(nowMs).flatMap((key) =>
      this.#planned(key, this.#differenceOf(key).additions),
    );
    return this.#carryOut(planned, nowMs);
  }

  /** After this a row that did not fail is no longer dirty. */
  async applyRemovals(nowMs: number): Promise<StepReport> {
    const keys = this.#readyKeys(nowMs);
    const planned = keys.flatMap((key) => {
      const { additions, removals } = this.#differenceOf(key);
      // Before the wait: a row that is set during it is dirty anew.
      if (additions.length === 0) {
        this.#dirty.delete(key);
      }
      return this.#planned(key, removals);
    });
    const report = await this.#carryOut(planned, nowMs);
    for (const key of keys) {
      if (!this.#suspect.has(key)) {
        this.#backOff.succeeded(key);
      }
    }
    return report;
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

  /** The next round reads the objects that change by themselves, and does what follows. */
  reviewRestless(): void {
    for (const key of this.#kind.restless?.() ?? []) {
      const known = this.#desired.get(key) ?? this.#observed.get(key);
      if (known !== undefined) {
        this.#suspect.set(key, known);
        this.#dirty.add(key);
      }
    }
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
    return known === undefined ? [] : changes.map((change) => ({ key, known, change }));
  }

  async #carryOut(
    planned: readonly Planned<Desired | Observed, Change>[],
    nowMs: number,
  ): Promise<StepReport> {
    return planned.length === 0
      ? { applied: 0, failures: [] }
      : this.#absorb(planned, await this.#execute(planned), nowMs);
  }

  /** What stops a batch as a whole is the failure of each of its changes. */
  async #execute(
    planned: readonly Planned<unknown, Change>[],
  ): Promise<readonly (KernelError | Error | undefined)[]> {
    try {
      return await this.#kind.apply(planned.map(({ change }) => change));
    } catch (error) {
      const failure = asError(error);
      return planned.map(() => failure);
    }
  }

  #absorb(
    planned: readonly Planned<Desired | Observed, Change>[],
    outcomes: readonly (Error | undefined)[],
    nowMs: number,
  ): StepReport {
    const failures: Failure[] = [];
    let applied = 0;
    planned.forEach(({ key, known, change }, index) => {
      const error = outcomes[index];
      if (error === undefined) {
        this.#setObserved(key, this.#kind.after(this.#observed.get(key), change));
        applied += 1;
      } else if (!this.#suspect.has(key)) {
        // The first failure of an object says what is wrong; the others follow from it.
        this.#suspect.set(key, known);
        failures.push(this.#fail(key, error, nowMs));
      }
    });
    return { applied, failures };
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
    this.#dirty.add(key);
    return { kind: this.name, key, error };
  }

  #setObserved(key: string, row: Observed | undefined): void {
    if (row === undefined) {
      this.#observed.delete(key);
    } else {
      this.#observed.set(key, row);
    }
  }
}
