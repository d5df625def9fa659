import type { Pace } from '../work-in-parts.ts';

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
  relist(pace?: Pace): Promise<void>;
  reread(nowMs: number): Promise<readonly Failure[]>;
  applyAdditions(nowMs: number): Promise<StepReport>;
  applyRemovals(nowMs: number): Promise<StepReport>;
  deferRemovals(nowMs: number): void;
  hasDirty(): boolean;
  hasSuspect(): boolean;
  hasWork(nowMs: number): boolean;
  hasRestless(): boolean;
  reviewRestless(): Promise<void>;
  nextDueAtMs(): number | undefined;
  differing(): readonly string[];
  failing(): readonly string[];
}
