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
  readonly #syncDuration: Histogram;
  readonly #fullSyncDuration: Histogram;
  readonly #partialSyncDuration: Histogram;
  readonly #lastSync: Gauge;
  readonly #lastQueued: Gauge;
  readonly #programming: Histogram;
  readonly #arrival: Histogram;
  readonly #serviceChanges: Counter;
  readonly #healthz: Counter<'code'>;
  readonly #livez: Counter<'code'>;
  readonly #kernelErrors: Counter<'kind' | 'errno'>;
  readonly #refused: Counter<'reason'>;
  readonly #applied: Counter;
  readonly #api: Counter<'resource' | 'event'>;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#syncDuration = new Histogram({
      name: 'kubeproxy_sync_proxy_rules_duration_seconds',
      help: 'How long a round took, in seconds.',
      buckets: syncBuckets,
      registers,
    });
    this.#fullSyncDuration = new Histogram({
      name: 'kubeproxy_sync_full_proxy_rules_duration_seconds',
      help: 'How long an audit took, in seconds.',
      buckets: syncBuckets,
      registers,
    });
    this.#partialSyncDuration = new Histogram({
      name: 'kubeproxy_sync_partial_proxy_rules_duration_seconds',
      help: 'How long a round for changed Services alone took, in seconds.',
      buckets: syncBuckets,
      registers,
    });
    this.#lastSync = new Gauge({
      name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
      help: 'When the kernel was last equal to the cluster, in seconds since 1970.',
      registers,
    });
    this.#lastQueued = new Gauge({
      name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
      help: 'When the last change arrived, in seconds since 1970.',
      registers,
    });
    this.#programming = new Histogram({
      name: 'kubeproxy_network_programming_duration_seconds',
      help: 'From the change of a Pod or Service to the kernel, in seconds.',
      buckets: programmingBuckets,
      registers,
    });
    this.#arrival = new Histogram({
      name: 'kube_ipvs_arrival_to_kernel_seconds',
      help: "From the arrival of a change to the kernel's acknowledgement, in seconds.",
      buckets: arrivalBuckets,
      registers,
    });
    this.#serviceChanges = new Counter({
      name: 'kubeproxy_sync_proxy_rules_service_changes_total',
      help: 'Changes of Services and their endpoints.',
      registers,
    });
    this.#healthz = new Counter({
      name: 'kubeproxy_proxy_healthz_total',
      help: 'Answers of /healthz by status.',
      labelNames: ['code'],
      registers,
    });
    this.#livez = new Counter({
      name: 'kubeproxy_proxy_livez_total',
      help: 'Answers of /livez by status.',
      labelNames: ['code'],
      registers,
    });
    this.#kernelErrors = new Counter({
      name: 'kube_ipvs_kernel_errors_total',
      help: 'What the kernel refused, by kind of object and errno.',
      labelNames: ['kind', 'errno'],
      registers,
    });
    this.#refused = new Counter({
      name: 'kube_ipvs_refused_total',
      help: 'Fields of objects that could not be used, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#applied = new Counter({
      name: 'kube_ipvs_kernel_changes_total',
      help: 'Changes that the kernel took.',
      registers,
    });
    this.#api = new Counter({
      name: 'kube_ipvs_api_requests_total',
      help: 'Lists, watches, restarts of watches and errors at the API server, by resource.',
      labelNames: ['resource', 'event'],
      registers,
    });
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
    const counter = { '/healthz': this.#healthz, '/livez': this.#livez }[path];
    counter?.inc({ code: String(status) });
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
