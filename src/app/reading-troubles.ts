import type { NodeTroubles } from '../inspect/node-troubles.ts';
import type { Metrics } from '../serve/metrics/metrics.ts';
import { codeOf } from './code-of.ts';
import { kernelTrouble } from './node-trouble-texts.ts';

/** Hears of a reading of the kernel that is done again and again. */
export interface ReadingListener {
  /** It failed; it is tried again. */
  failed(error: Error): void;
  succeeded(): void;
}

/** Counts each reading of the kernel's counters that fails, and tells of it until one succeeds. */
export function readingTroubles(
  what: string,
  metrics: Pick<Metrics, 'kernel'>,
  troubles: NodeTroubles,
): ReadingListener {
  return {
    failed: (error) => {
      metrics.kernel.failed('counters', codeOf(error));
      troubles.begin(what, kernelTrouble(error, what));
    },
    succeeded: () => {
      troubles.end(what);
    },
  };
}
