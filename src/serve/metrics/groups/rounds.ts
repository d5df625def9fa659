import type { RoundReport } from '../../../reconcile/reconciler.ts';
import type { MetricRegistry } from '../metric-registry.ts';

/** kube-proxy's buckets: 1 ms, doubled fourteen times, in seconds. */
export const syncBuckets = Array.from({ length: 15 }, (_bucket, index) => 0.001 * 2 ** index);

export interface RoundMetrics {
  /** A round is over; `durationMs` in milliseconds. */
  ended(scope: 'audit' | 'changes', report: RoundOutcome, durationMs: number): void;
  /** The kernel equals the cluster. */
  synced(): void;
  /** Rules of the packet filter that had been put in place are gone, and are put in place again. */
  packetFilterGone(): void;
}

export type RoundOutcome = Pick<RoundReport, 'applied' | 'drifted'>;

/** What rounds and audits take and do. */
export function roundMetrics(make: MetricRegistry): RoundMetrics {
  const all = make.histogram(
    {
      name: 'kubeproxy_sync_proxy_rules_duration_seconds',
      help: 'How long a round took that brought changes to the kernel, or an audit without its rests.',
    },
    syncBuckets,
  );
  const audits = make.histogram(
    {
      name: 'kubeproxy_sync_full_proxy_rules_duration_seconds',
      help: 'How long an audit took, which compares all of the kernel, without its rests.',
    },
    syncBuckets,
  );
  const changes = make.histogram(
    {
      name: 'kubeproxy_sync_partial_proxy_rules_duration_seconds',
      help: 'How long a round took that was for changed Services alone.',
    },
    syncBuckets,
  );
  const lastSync = make.gauge({
    name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    help: 'When the kernel was last equal to the cluster, in seconds since 1970; 0 before the first time.',
  });
  const applied = make.counter({
    name: 'kube_ipvs_kernel_changes_total',
    help: 'Changes that the kernel took.',
  });
  const drift = make.counter({
    name: 'kube_ipvs_drift_mended_total',
    help: 'Objects that somebody else had changed in the kernel, and that were put right again; for the packet filter, how often rules of it were gone.',
    labels: { kind: 'the kind of object: `virtual server`, `bound address`, `packet filter`, ...' },
  });
  return {
    ended: (scope, report, durationMs) => {
      const seconds = durationMs / 1000;
      all.observe(seconds);
      (scope === 'audit' ? audits : changes).observe(seconds);
      applied.inc(report.applied);
      for (const { kind } of report.drifted) {
        drift.inc({ kind });
      }
    },
    synced: () => {
      lastSync.setToCurrentTime();
    },
    packetFilterGone: () => {
      drift.inc({ kind: 'packet filter' });
    },
  };
}
