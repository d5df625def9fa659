import { WorkInParts, type Pace } from '../base/work-in-parts.ts';
import type { Kind, ListPart } from './kind.ts';
import type { KindRows, Row } from './kind-rows.ts';

/** Renews what is observed of one kind by a list of the kernel; rows that differ then are dirty. */
export class KindList<Desired, Observed, Change> {
  readonly #kind: Kind<Desired, Observed, Change>;
  readonly #rows: KindRows<Desired, Observed>;
  /** How many parts lists had so far. */
  #parts = 0;
  readonly #drifted: string[] = [];
  /** The keys of objects that changed by themselves when the list began: no drift if they differ. */
  #needsPolling: ReadonlySet<string> = new Set();
  /** Keys that a list lacked, though it may have overlooked them. */
  readonly #doubtful = new Set<string>();

  constructor(kind: Kind<Desired, Observed, Change>, rows: KindRows<Desired, Observed>) {
    this.#kind = kind;
    this.#rows = rows;
  }

  /**
   * Reads the whole kind from the kernel. Rounds may go on meanwhile: the list says nothing of the
   * rows that they touch. Where it rejects, what it had by then is taken, and nothing is missed.
   */
  async read(pace: Pace): Promise<void> {
    const touched = this.#rows.rememberTouched();
    this.#needsPolling = new Set(this.#kind.needsPolling?.());
    try {
      const complete = new Set<number>();
      await this.#kind.list({
        pace,
        held: (key) => this.#rows.get(key)?.observed,
        isStale: (key) => touched.has(key),
        begin: () => this.#part(touched, complete),
      });
      await this.#missUnlisted(touched, complete, pace);
    } finally {
      this.#rows.forgetTouched();
    }
  }

  /** The keys that turned out to differ from what was known of the kernel, each time once. */
  takeDrifted(): readonly string[] {
    return this.#drifted.splice(0);
  }

  /** Objects were read afresh, which settles too what a list before was not sure of. */
  readAfresh(keys: Iterable<string>, found: ReadonlyMap<string, Observed>): void {
    for (const key of keys) {
      this.#rows.setObserved(this.#rows.of(key), found.get(key));
      this.#rows.suspect.delete(key);
      if (this.#doubtful.delete(key) && !found.has(key)) {
        this.#drifted.push(key);
      }
    }
  }

  /** Each part has a number; rows bear that of the one which listed them. */
  #part(touched: ReadonlySet<string>, complete: Set<number>): ListPart<Observed> {
    this.#parts += 1;
    const number = this.#parts;
    return {
      take: (key, listed) => {
        if (!touched.has(key)) {
          this.#take(this.#rows.of(key), listed, number);
        }
      },
      has: (key) => this.#rows.get(key)?.listedBy === number,
      end: () => {
        complete.add(number);
      },
    };
  }

  #take(row: Row<Desired, Observed>, listed: Observed, part: number): void {
    row.listedBy = part;
    this.#rows.suspect.delete(row.key);
    if (listed === row.observed && !this.#rows.dirty.has(row)) {
      return;
    }
    const { desired } = row;
    const { additions, removals } = this.#kind.difference(desired, listed);
    if (additions.length + removals.length > 0) {
      this.#noteDrift(row);
      this.#rows.dirty.add(row);
    }
    row.observed = listed;
  }

  /** A row that was as desired, or of something that nobody knew of, was changed by others. */
  #noteDrift(row: Row<Desired, Observed>): void {
    if (!this.#rows.dirty.has(row) && this.#wasSettled(row)) {
      this.#drifted.push(row.key);
    }
  }

  /** Nothing was to be done about it, nor does it change by itself. */
  #wasSettled({ key, desired, observed }: Row<Desired, Observed>): boolean {
    if (observed === undefined) {
      return true;
    }
    const { additions, removals } = this.#kind.difference(desired, observed);
    return additions.length + removals.length === 0 && !this.#needsPolling.has(key);
  }

  /** What is not in the list is gone. */
  async #missUnlisted(
    touched: ReadonlySet<string>,
    complete: ReadonlySet<number>,
    pace: Pace,
  ): Promise<void> {
    const parts = new WorkInParts(pace);
    // Rows that come and go meanwhile are touched ones.
    for (const row of this.#rows.all()) {
      if (row.desired !== undefined && row.observed === undefined) {
        // Nothing could be done about it before: where it belongs may be there by now.
        this.#rows.dirty.add(row);
      }
      // What is not known to be there cannot be gone.
      const mayBeGone = row.observed !== undefined || this.#rows.suspect.has(row.key);
      if (mayBeGone && !complete.has(row.listedBy) && !touched.has(row.key)) {
        this.#miss(row, touched.size > 0);
      }
      if (parts.isOver()) {
        await parts.pause();
      }
    }
  }

  /**
   * Beside changes of our own a list of the kernel may lack rows that are there: then it is no more
   * than a reason to ask.
   */
  #miss(row: Row<Desired, Observed>, isDoubtful: boolean): void {
    const { key, desired } = row;
    const wasSettled = desired !== undefined && !this.#rows.dirty.has(row);
    this.#rows.dirty.add(row);
    if (isDoubtful && desired !== undefined && row.observed !== undefined) {
      if (wasSettled) {
        this.#doubtful.add(key);
      }
      this.#rows.suspect.set(key, desired);
    } else {
      if (wasSettled) {
        this.#drifted.push(key);
      }
      this.#rows.suspect.delete(key);
      row.observed = undefined;
    }
  }
}
