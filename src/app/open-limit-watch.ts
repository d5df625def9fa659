import type { NodeTroubles } from '../inspect/node-troubles.ts';
import { FullBook } from '../inspect/statistics/full-book.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { LimitWatch } from './limit-watch.ts';
import { readingTroubles } from './reading-troubles.ts';

/** What is known of full real servers, and the watch that finds them. */
export interface Limits {
  readonly full: FullBook;
  readonly watch: LimitWatch;
}

/** Opens the watch, with the metrics that count what it finds; nothing is read yet. */
export function openLimitWatch(
  { kernel, metrics }: Pick<DaemonParts, 'kernel' | 'metrics'>,
  troubles: NodeTroubles,
): Limits {
  const full = new FullBook();
  metrics.limits.watch(full);
  const virtualServers = {
    limited: () => kernel.limited(),
    serviceOf: (key: string) => kernel.desired.serviceOf(key),
  };
  const watch = new LimitWatch(full, virtualServers, {
    open: () => kernel.openReader(),
    ...readingTroubles('the connections of real servers with limits', metrics, troubles),
  });
  return { full, watch };
}
