import type { Pace } from '../base/work-in-parts.ts';
import type { AnyKindTable, Failing, Failure, StepReport } from './any-kind-table.ts';
import { monotonicMs } from '../base/time/monotonic-clock.ts';
import { FoundationKeeper } from './foundation-keeper.ts';
import type { Foundation } from './foundation.ts';

export interface RoundReport {
  /** Changes that the kernel took. */
  readonly applied: number;
  readonly failures: readonly Failure[];
  /** The kinds of which the kernel took changes. */
  readonly written: readonly string[];
  /** What others had changed in the kernel, as the last audit has shown. */
  readonly drifted: readonly DriftedObject[];
}

/** An object that somebody else had changed: `bound address`, `10.96.0.1`. */
export interface DriftedObject {
  readonly kind: string;
  readonly key: string;
}

/**
 * The one loop. A round makes the kernel equal to what is desired for every row that may
 * differ; whether these are one row after a change or all of them in an audit is the same code.
 *
 * The order protects traffic: additions go through the tables from first to last (virtual
 * servers before the addresses that lead packets to them), removals from last to first.
 */
export class Reconciler {
  /** What is looked after before rows in each audit, and tried again beside rounds. */
  readonly foundations: FoundationKeeper;
  readonly #tables: readonly AnyKindTable[];
  readonly #removalOrder: readonly AnyKindTable[];
  readonly #now: () => number;
  readonly #roundEnded: () => void;
  #mayRemove = false;

  /**
   * `tables` in the order of additions; `now` in milliseconds; `roundEnded` is called after the
   * last table of each round.
   */
  constructor(
    tables: readonly AnyKindTable[],
    now: () => number = monotonicMs,
    foundations: readonly Foundation[] = [],
    roundEnded: () => void = () => undefined,
  ) {
    this.#tables = tables;
    this.#removalOrder = tables.toReversed();
    this.#now = now;
    this.foundations = new FoundationKeeper(foundations, now);
    this.#roundEnded = roundEnded;
  }

  /**
   * From now on what nobody desires is removed. Before the first complete list of Services and
   * EndpointSlices that would be everything.
   */
  allowRemovals(): void {
    this.#mayRemove = true;
  }

  /** One round over the rows that may differ. Never rejects: what failed is in the report. */
  async round(): Promise<RoundReport> {
    const now = this.#now();
    const reports: StepReport[] = [];
    const written = new Set<string>();
    const add = ({ name }: AnyKindTable, report: StepReport): void => {
      reports.push(report);
      if (report.applied > 0) {
        written.add(name);
      }
    };
    // Most rounds are about one row of one table: no other table takes part in them.
    for (const table of this.#tables) {
      if (table.hasSuspect()) {
        add(table, { applied: 0, failures: await table.reread(now) });
      }
    }
    for (const table of this.#tables) {
      if (table.hasDirty()) {
        add(table, await table.applyAdditions(now));
      }
    }
    for (const table of this.#removalOrder) {
      if (!table.hasDirty()) {
        continue;
      }
      if (this.#mayRemove) {
        add(table, await table.applyRemovals(now));
      } else {
        table.deferRemovals(now);
      }
    }
    this.#roundEnded();
    return {
      applied: reports.reduce((sum, { applied }) => sum + applied, 0),
      failures: reports.flatMap(({ failures }) => failures),
      written: [...written],
      drifted: this.#takeDrifted(),
    };
  }

  /**
   * Reads the kernel anew and repairs whatever differs. Rejects with the error of a read that
   * failed; then nothing counts as missing from the kernel, and nothing is repaired.
   */
  async audit(): Promise<RoundReport> {
    const failures = await this.read();
    const report = await this.round();
    return { ...report, failures: [...failures, ...report.failures] };
  }

  /**
   * Reads the kernel anew, for the next round to repair whatever differs; rounds may go on
   * meanwhile, and the reading makes way for them at its pace. Returns the foundations that
   * failed. Rejects with the error of a read that failed.
   */
  async read(pace?: Pace): Promise<readonly Failure[]> {
    // First: no packet is to find a virtual server without the rules that belong to it.
    const failures = await this.foundations.ensureAll();
    for (const table of this.#tables) {
      await table.relist(pace);
    }
    return failures;
  }

  #takeDrifted(): readonly DriftedObject[] {
    return this.#tables.flatMap((table) =>
      table.takeDrifted().map((key) => ({ kind: table.name, key })),
    );
  }

  /** True while a round would have something to do right now. */
  hasWork(): boolean {
    // The time is asked for where it matters: after most rounds nothing is left.
    const tables = this.#mayRemove ? this.#tables.filter((table) => table.hasDirty()) : [];
    if (tables.length === 0) {
      return false;
    }
    const now = this.#now();
    return tables.some((table) => table.hasWork(now));
  }

  /** Whether some objects change by themselves (real servers that drain). */
  anyNeedsPolling(): boolean {
    return this.#tables.some((table) => table.anyNeedsPolling());
  }

  /** Reads them again, for the next round to do what follows; rounds may go on meanwhile. */
  async pollRows(): Promise<void> {
    for (const table of this.#tables) {
      await table.pollRows();
    }
  }

  /** What failed and has not succeeded since: `virtual server TCP 10.96.0.1:80`. */
  failing(): readonly string[] {
    return [
      ...this.foundations.failing().map((name) => `foundation ${name}`),
      ...this.#tables.flatMap((table) => table.failing().map((key) => `${table.name} ${key}`)),
    ];
  }

  /** The kinds of objects, in the order of additions. */
  get kinds(): readonly string[] {
    return this.#tables.map(({ name }) => name);
  }

  /** The kind of each object that failed and has not succeeded since. */
  failingKinds(): readonly string[] {
    return this.#tables.flatMap((table) => table.failing().map(() => table.name));
  }

  /** Why objects fail, of each kind at most so many, as they were tried last. */
  failures(atMost: number): readonly Failing[] {
    const nowMs = this.#now();
    return this.#tables.flatMap((table) =>
      table
        .failing()
        .slice(0, atMost)
        .map((key) => table.failureOf(key, nowMs))
        .filter((failure) => failure !== undefined),
    );
  }

  /** Why an object fails: of the kind of that name, with that key. Undefined where it does not. */
  failureOf(kind: string, key: string): Failing | undefined {
    return this.#tables.find(({ name }) => name === kind)?.failureOf(key, this.#now());
  }

  /** When the next failed object is to be tried again, in milliseconds of `now`. */
  nextDueAtMs(): number | undefined {
    return this.#tables
      .map((table) => table.nextDueAtMs())
      .filter((due) => due !== undefined)
      .toSorted((a, b) => a - b)[0];
  }

  /** How long it is until then, in milliseconds; 0 where it is due. */
  untilDueMs(): number | undefined {
    const dueAtMs = this.nextDueAtMs();
    return dueAtMs === undefined ? undefined : Math.max(dueAtMs - this.#now(), 0);
  }

  /** What differs from the kernel, by what is known of it: `virtual server TCP 10.96.0.1:80`. */
  differing(): readonly string[] {
    return this.#tables.flatMap((table) => table.differing().map((key) => `${table.name} ${key}`));
  }
}
