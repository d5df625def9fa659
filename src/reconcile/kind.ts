import type { Pace } from '../base/work-in-parts.ts';

/**
 * One kind of kernel object (virtual servers, bound addresses, ...) as the loop sees it. All
 * that the loop knows of a kind is here; it never looks into rows or changes.
 */
export interface Kind<Desired, Observed, Change> {
  /** As an operator names it: `virtual server`. */
  readonly name: string;

  /**
   * Reads everything of this kind from the kernel, foreign objects included, and gives it to the
   * sink. Changes may go on meanwhile.
   */
  list(sink: ListSink<Observed>): Promise<void>;

  /**
   * Reads a few objects afresh, after the kernel answered something unexpected: those that
   * exist, by key.
   */
  read(known: ReadonlyMap<string, Desired | Observed>): Promise<Map<string, Observed>>;

  /** What has to be done so that the kernel holds what is desired. Pure. */
  difference(desired: Desired | undefined, observed: Observed | undefined): Difference<Change>;

  /** Carries out changes in their order; returns for each why it failed, or undefined. */
  apply(changes: readonly Change[]): Promise<readonly (KernelError | undefined)[]>;

  /**
   * The objects that change by themselves and without a notice, by key: they are reviewed
   * every now and then. None where the method is missing.
   */
  needsPolling?(): readonly string[];

  /** Whether something else will be wanted of some objects as time passes. No, where it is missing. */
  awaitsTime?(): boolean;

  /** The objects of which something else is wanted since this was asked last, by key. */
  takeDue?(): readonly string[];

  /**
   * Reads again what changes by itself of an object that needs polling; undefined where it is gone. As `read`
   * where the method is missing.
   */
  review?(
    key: string,
    desired: Desired | undefined,
    observed: Observed,
  ): Promise<Observed | undefined>;

  /** How many changes of the kernel it stands for; one where the method is missing. */
  sizeOf?(change: Change): number;

  /**
   * What the kernel holds after changes of one object that succeeded. `desired` is given where they
   * were all additions that it lacked, and nothing had to be removed. Pure.
   */
  after(
    observed: Observed | undefined,
    changes: readonly Change[],
    desired?: Desired,
  ): Observed | undefined;
}

/** Where a list of the kernel goes, row by row: nothing is to be kept of what has not changed. */
export interface ListSink<Observed> {
  /** How the reading makes way for changes. */
  readonly pace: Pace;
  /** What is known to be there under a key; to be taken as it is where the kernel shows the same. */
  held(key: string): Observed | undefined;
  /** Whether a change has touched the key since the list began, so that the list says nothing of it. */
  isStale(key: string): boolean;
  /** A part of the list begins: one question to the kernel. */
  begin(): ListPart<Observed>;
}

export interface ListPart<Observed> {
  /** The kernel holds this. */
  take(key: string, observed: Observed): void;
  /** Whether the part has taken the key. */
  has(key: string): boolean;
  /** The part is complete; one that never is counts for nothing. */
  end(): void;
}

/** Additions come before removals, so that nothing is gone before its successor is there. */
export interface Difference<Change> {
  readonly additions: readonly Change[];
  readonly removals: readonly Change[];
}

export const noDifference: Difference<never> = { additions: [], removals: [] };

/** A change that the kernel refused. */
export interface KernelError extends Error {
  /** The errno's name. */
  readonly code: string;
}
