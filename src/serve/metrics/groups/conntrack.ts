import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { syncBuckets } from './rounds.ts';

/** How full the kernel's table of connections is. */
export interface ConntrackSource {
  /** Undefined where it cannot be read. */
  usage(): { readonly entries: number; readonly limit: number } | undefined;
}

export interface ConntrackMetrics {
  /** Stale flows were searched for, and so many deleted. */
  searched(deleted: number, durationMs: number): void;
  watch(source: ConntrackSource): void;
}

/** The kernel's connection tracking. */
export function conntrackMetrics(make: MetricRegistry): ConntrackMetrics {
  const conntrack = new Late<ConntrackSource>();
  const deleted = make.counter({
    name: 'kubeproxy_conntrack_reconciler_deleted_entries_total',
    help: 'Conntrack entries that were deleted since they led to a virtual server or real server that is gone.',
  });
  const duration = make.histogram(
    {
      name: 'kubeproxy_conntrack_reconciler_sync_duration_seconds',
      help: 'How long a search for such entries took.',
    },
    syncBuckets,
  );
  const usage = (of: 'entries' | 'limit') =>
    conntrack.read((source) => {
      const now = source.usage();
      return now === undefined ? [] : [{ labels: {}, value: now[of] }];
    });
  make.gaugeOf(
    {
      name: 'kube_ipvs_conntrack_entries',
      help: "Entries in the kernel's conntrack table (nf_conntrack_count). Missing where it cannot be read.",
    },
    () => usage('entries'),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_conntrack_entries_limit',
      help: 'How many entries that table takes (nf_conntrack_max); then new connections are dropped.',
    },
    () => usage('limit'),
  );
  return {
    searched: (count, durationMs) => {
      deleted.inc(count);
      duration.observe(durationMs / 1000);
    },
    watch: (source) => {
      conntrack.set(source);
    },
  };
}
