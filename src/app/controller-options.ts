import type { TranslatorOptions } from '../desired/service-translator.ts';

export interface ControllerOptions extends TranslatorOptions {
  /** How often the kernel is read anew, in milliseconds. */
  readonly auditEveryMs: number;
  /** The least time between two rounds, in milliseconds; none where it is missing. */
  readonly minSyncPeriodMs?: number;
}
