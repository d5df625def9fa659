import type { Row } from './kind-rows.ts';

/** The changes of one row that are carried out together. */
export interface Planned<Desired, Observed, Change> {
  readonly row: Row<Desired, Observed>;
  /** What the changes lead to, and what they start from. */
  readonly desired: Desired | undefined;
  readonly observed: Observed | undefined;
  readonly changes: readonly Change[];
  /** How many changes of the kernel these are. */
  readonly size: number;
  /** Nothing else differs. */
  readonly areAll: boolean;
}
