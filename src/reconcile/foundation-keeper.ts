import { asError } from '../base/as-error.ts';
import { InTurn } from '../base/in-turn.ts';
import type { Failure } from './any-kind-table.ts';
import { BackOff, type BackOffOptions } from './back-off.ts';
import { ImpossibleError, type Foundation } from './foundation.ts';

const defaultBackOff: BackOffOptions = { firstMs: 1000, longestMs: 30_000 };

/** In place, waiting for something that passes, or nothing that this kernel can have. */
export type FoundationState = 'in place' | 'waiting' | 'impossible';

/** What a retry has brought. */
export interface FoundationRetry {
  /** Those that failed again. */
  readonly failures: readonly Failure[];
  /** The names of those that are in place now. */
  readonly mended: readonly string[];
}

/**
 * The foundations with what is known of each: in place, waiting for something that passes (tried
 * again with a back-off), or impossible on this kernel (tried again in audits).
 */
export class FoundationKeeper {
  readonly #foundations: readonly Foundation[];
  readonly #now: () => number;
  readonly #backOff: BackOff;
  readonly #failing = new Map<string, Error>();
  readonly #suspected = new Set<string>();
  /** One at a time: audits and retries ask for the same ones. */
  readonly #inTurn = new InTurn();

  /** `now` in milliseconds. */
  constructor(
    foundations: readonly Foundation[],
    now: () => number,
    backOff: BackOffOptions = defaultBackOff,
  ) {
    this.#foundations = foundations;
    this.#now = now;
    this.#backOff = new BackOff(backOff);
  }

  /** Puts all of them in place, in their order. Never rejects; returns those that failed. */
  ensureAll(): Promise<readonly Failure[]> {
    return this.#inTurn.do(() => this.#ensure(this.#foundations));
  }

  /** Something has taken one away that was in place: it is to be looked after now. */
  suspect(names: readonly string[]): void {
    names.filter((name) => !this.#failing.has(name)).forEach((name) => this.#suspected.add(name));
  }

  /** Tries those again whose wait is over, and those that are suspected, with what they need. Never rejects. */
  retry(): Promise<FoundationRetry> {
    return this.#inTurn.do(async () => {
      const due = this.#foundations.filter(({ name }) => this.#isDue(name));
      this.#suspected.clear();
      const needed = new Set(due.flatMap(({ needs = [] }) => needs));
      const tried = this.#foundations.filter(
        (foundation) => due.includes(foundation) || needed.has(foundation.name),
      );
      const missed = new Set([...due.map(({ name }) => name), ...this.#failing.keys()]);
      const failures = await this.#ensure(tried);
      const mended = tried
        .map(({ name }) => name)
        .filter((name) => missed.has(name) && !this.#failing.has(name));
      return { failures, mended };
    });
  }

  #isDue(name: string): boolean {
    const isWaiting = this.#backOff.waiting(name) !== undefined;
    return this.#suspected.has(name) || (isWaiting && this.#backOff.isDue(name, this.#now()));
  }

  /** How long until the next one is to be tried again, in milliseconds; undefined where none waits. */
  dueInMs(): number | undefined {
    if (this.#suspected.size > 0) {
      return 0;
    }
    const due = this.#backOff.nextDueAtMs();
    return due === undefined ? undefined : Math.max(0, due - this.#now());
  }

  /** The names of those that are not in place. */
  failing(): readonly string[] {
    return [...this.#failing.keys()];
  }

  /** How each of them stands, in their order. */
  states(): readonly (readonly [name: string, state: FoundationState])[] {
    return this.#foundations.map(({ name }) => [name, this.#stateOf(name)]);
  }

  #stateOf(name: string): FoundationState {
    const error = this.#failing.get(name);
    if (error === undefined) {
      return 'in place';
    }
    return error instanceof ImpossibleError ? 'impossible' : 'waiting';
  }

  /** Those that are not in place, each with why. */
  failures(): readonly Failure[] {
    return Array.from(this.#failing, ([key, error]) => ({ kind: 'foundation', key, error }));
  }

  /** What this node waits for before all that is configured is in place, one sentence each. */
  waitingFor(): readonly string[] {
    return [...this.#failing]
      .filter(([, error]) => !(error instanceof ImpossibleError))
      .map(([name, error]) => `${name}: ${error.message}`);
  }

  async #ensure(foundations: readonly Foundation[]): Promise<readonly Failure[]> {
    const failures: Failure[] = [];
    for (const foundation of foundations) {
      const { name } = foundation;
      try {
        await foundation.ensure();
        this.#failing.delete(name);
        this.#backOff.succeeded(name);
      } catch (error) {
        const reason = asError(error);
        this.#failed(name, reason);
        failures.push({ kind: 'foundation', key: name, error: reason });
      }
    }
    return failures;
  }

  #failed(name: string, error: Error): void {
    this.#failing.set(name, error);
    if (error instanceof ImpossibleError) {
      this.#backOff.succeeded(name);
    } else {
      this.#backOff.failed(name, this.#now());
    }
  }
}
