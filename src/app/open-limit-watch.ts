import { FullBook } from '../inspect/statistics/full-book.ts';
import { codeOf } from './code-of.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { LimitWatch } from './limit-watch.ts';

/** What is known of full real servers, and the watch that finds them. */
export interface Limits {
  readonly full: FullBook;
  readonly watch: LimitWatch;
}

/** Opens the watch, with the metrics that count what it finds; nothing is read yet. */
export function openLimitWatch({
  kernel,
  metrics,
}: Pick<DaemonParts, 'kernel' | 'metrics'>): Limits {
  const full = new FullBook();
  metrics.limits.watch(full);
  const virtualServers = {
    limited: () => kernel.limited(),
    serviceOf: (key: string) => kernel.desired.serviceOf(key),
  };
  const watch = new LimitWatch(full, virtualServers, {
    open: () => kernel.openReader(),
    failed: (error) => {
      metrics.kernel.failed('counters', codeOf(error));
    },
  });
  return { full, watch };
}
