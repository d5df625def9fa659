import type { Pace } from '../base/work-in-parts.ts';

/** An object that the kernel does not hold as desired, and why. */
export interface Failure {
  readonly kind: string;
  readonly key: string;
  readonly error: Error;
}

/** An object that fails, and for how long it has, in milliseconds. */
export interface Failing extends Failure {
  readonly forMs: number;
}

/**
 * What the kernel says, or leaves unsaid, whatever object it is asked about: the right is missing,
 * IPVS is gone, answers are lost or never come. All else is a matter of one object.
 */
const codesOfWholeKind: ReadonlySet<string> = new Set([
  'EPERM',
  'EPROTONOSUPPORT',
  'ENOBUFS',
  'ETIMEDOUT',
  'EBADMSG',
  'EIO',
  'EMFILE',
  'ENFILE',
]);

/** Whether a failure concerns all objects of its kind alike, as one does that bears no errno. */
export function isOfWholeKind({ kind, error }: Failure): boolean {
  return kind !== 'foundation' && (!('code' in error) || codesOfWholeKind.has(String(error.code)));
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
  relist(pace?: Pace): Promise<void>;
  reread(nowMs: number): Promise<readonly Failure[]>;
  applyAdditions(nowMs: number): Promise<StepReport>;
  applyRemovals(nowMs: number): Promise<StepReport>;
  deferRemovals(nowMs: number): void;
  hasDirty(): boolean;
  hasSuspect(): boolean;
  hasWork(nowMs: number): boolean;
  anyNeedsPolling(): boolean;
  pollRows(): Promise<void>;
  nextDueAtMs(): number | undefined;
  differing(): readonly string[];
  failing(): readonly string[];
  /** Why the object of a key fails, as it was tried last; undefined where it does not. */
  failureOf(key: string, nowMs: number): Failing | undefined;
  /** The keys that lists found to differ from what was known, since this was asked last. */
  takeDrifted(): readonly string[];
}
