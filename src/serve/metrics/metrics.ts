import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Answer } from '../http/http-endpoint.ts';

/** kube-proxy's buckets: 1 ms, doubled fourteen times, in seconds. */
const syncBuckets = Array.from({ length: 15 }, (_bucket, index) => 0.001 * 2 ** index);

/** kube-proxy's buckets for network programming (pkg/proxy/metrics), in seconds. */
const programmingBuckets = [
  0.25,
  0.5,
  ...Array.from({ length: 59 }, (_bucket, index) => index + 1),
  ...Array.from({ length: 12 }, (_bucket, index) => 60 + 5 * index),
  ...Array.from({ length: 6 }, (_bucket, index) => 120 + 30 * index),
];

/** The path from a change's arrival to the kernel's answer: 0.5 ms to 16 s. */
const arrivalBuckets = Array.from({ length: 16 }, (_bucket, index) => 0.0005 * 2 ** index);

/**
 * The metrics of this program, as Prometheus reads them. Names that begin with `kubeproxy_` are
 * kube-proxy's, with its meanings, so that dashboards go on; the others are ours.
 */
export class Metrics {
  readonly #registry = new Registry();

  readonly #syncDuration = this.#histogram(
    'kubeproxy_sync_proxy_rules_duration_seconds',
    'How long a round took, in seconds.',
    syncBuckets,
  );
  readonly #fullSyncDuration = this.#histogram(
    'kubeproxy_sync_full_proxy_rules_duration_seconds',
    'How long an audit took without its rests, in seconds.',
    syncBuckets,
  );
  readonly #partialSyncDuration = this.#histogram(
    'kubeproxy_sync_partial_proxy_rules_duration_seconds',
    'How long a round for changed Services alone took, in seconds.',
    syncBuckets,
  );
  readonly #programming = this.#histogram(
    'kubeproxy_network_programming_duration_seconds',
    'From the change of a Pod or Service to the kernel, in seconds.',
    programmingBuckets,
  );
  readonly #arrival = this.#histogram(
    'kube_ipvs_arrival_to_kernel_seconds',
    "From the arrival of a change to the kernel's acknowledgement, in seconds.",
    arrivalBuckets,
  );
  readonly #lastSync = this.#gauge(
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    'When the kernel was last equal to the cluster, in seconds since 1970.',
  );
  readonly #lastQueued = this.#gauge(
    'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
    'When the last change arrived, in seconds since 1970.',
  );
  readonly #serviceChanges = this.#counter(
    'kubeproxy_sync_proxy_rules_service_changes_total',
    'Changes of Services and their endpoints.',
  );
  readonly #healthz = this.#counter(
    'kubeproxy_proxy_healthz_total',
    'Answers of /healthz by status.',
    ['code'],
  );
  readonly #livez = this.#counter('kubeproxy_proxy_livez_total', 'Answers of /livez by status.', [
    'code',
  ]);
  readonly #kernelErrors = this.#counter(
    'kube_ipvs_kernel_errors_total',
    'What the kernel refused, by kind of object and errno.',
    ['kind', 'errno'],
  );
  readonly #refused = this.#counter(
    'kube_ipvs_refused_total',
    'Fields of objects that could not be used, by reason.',
    ['reason'],
  );
  readonly #applied = this.#counter(
    'kube_ipvs_kernel_changes_total',
    'Changes that the kernel took.',
  );
  readonly #api = this.#counter(
    'kube_ipvs_api_requests_total',
    'Lists, watches, restarts of watches and errors at the API server, by resource.',
    ['resource', 'event'],
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }

  #counter<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  /** A round is over; `durationMs` in milliseconds. */
  round(scope: 'audit' | 'changes', applied: number, durationMs: number): void {
    this.#syncDuration.observe(durationMs / 1000);
    (scope === 'audit' ? this.#fullSyncDuration : this.#partialSyncDuration).observe(
      durationMs / 1000,
    );
    this.#applied.inc(applied);
  }

  /** The kernel equals the cluster. */
  synced(): void {
    this.#lastSync.setToCurrentTime();
  }

  /** Changes have arrived. */
  changed(): void {
    this.#serviceChanges.inc();
    this.#lastQueued.setToCurrentTime();
  }

  /** A change is in the kernel; both in milliseconds, the second one where it is known. */
  programmed(sinceArrivalMs: number, sinceTriggerMs: number | undefined): void {
    this.#arrival.observe(sinceArrivalMs / 1000);
    if (sinceTriggerMs !== undefined) {
      this.#programming.observe(sinceTriggerMs / 1000);
    }
  }

  kernelError(kind: string, errno: string): void {
    this.#kernelErrors.inc({ kind, errno });
  }

  refused(reason: string): void {
    this.#refused.inc({ reason });
  }

  apiEvent(resource: string, event: string): void {
    this.#api.inc({ resource, event });
  }

  healthAnswered(path: string, status: number): void {
    const code = String(status);
    if (path === '/healthz') {
      this.#healthz.inc({ code });
    } else if (path === '/livez') {
      this.#livez.inc({ code });
    }
  }

  /** What is served at the metrics address: `/metrics`, and `/proxyMode` as with kube-proxy. */
  async answer(path: string): Promise<Answer | undefined> {
    switch (path) {
      case '/metrics':
        return {
          status: 200,
          headers: { 'Content-Type': this.#registry.contentType },
          body: await this.#registry.metrics(),
        };
      case '/proxyMode':
        return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: 'ipvs' };
      default:
        return undefined;
    }
  }
}
