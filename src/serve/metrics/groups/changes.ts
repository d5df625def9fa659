import type { ChangedObject } from '../../../cluster/store.ts';
import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { only } from '../samples.ts';

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

/** How many Services wait for a round, by what of them has changed. */
export interface PendingSource {
  pending(changed: ChangedObject): number;
}

export interface ChangeMetrics {
  /** A Service, or a slice of one, has changed. */
  arrived(changed: ChangedObject): void;
  /** A change is in the kernel; both in milliseconds, the second one where it is known. */
  programmed(sinceArrivalMs: number, sinceTriggerMs: number | undefined): void;
  watch(source: PendingSource): void;
}

/** How changes come, and how long they take to the kernel. */
export function changeMetrics(make: MetricRegistry): ChangeMetrics {
  const waiting = new Late<PendingSource>();
  const programming = make.histogram(
    {
      name: 'kubeproxy_network_programming_duration_seconds',
      help: 'How long it took from the change of a Pod or Service to the kernel, by the time that the control plane has put into the EndpointSlice.',
    },
    programmingBuckets,
  );
  const arrival = make.histogram(
    {
      name: 'kube_ipvs_arrival_to_kernel_seconds',
      help: "How long it took from the arrival of a change at this process to the kernel's acknowledgement.",
    },
    arrivalBuckets,
  );
  const lastQueued = make.gauge({
    name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
    help: 'When the last change arrived, in seconds since 1970; 0 before the first one.',
  });
  const counters = {
    Service: make.counter({
      name: 'kubeproxy_sync_proxy_rules_service_changes_total',
      help: 'Changes of Services.',
    }),
    EndpointSlice: make.counter({
      name: 'kubeproxy_sync_proxy_rules_endpoint_changes_total',
      help: 'Changes of EndpointSlices.',
    }),
  };
  make.gaugeOf(
    {
      name: 'kubeproxy_sync_proxy_rules_service_changes_pending',
      help: 'Services that have changed and wait for a round.',
    },
    () => waiting.read((source) => only(source.pending('Service'))),
  );
  make.gaugeOf(
    {
      name: 'kubeproxy_sync_proxy_rules_endpoint_changes_pending',
      help: 'Services of which EndpointSlices have changed and wait for a round.',
    },
    () => waiting.read((source) => only(source.pending('EndpointSlice'))),
  );
  return {
    arrived: (changed) => {
      counters[changed].inc();
      lastQueued.setToCurrentTime();
    },
    programmed: (sinceArrivalMs, sinceTriggerMs) => {
      arrival.observe(sinceArrivalMs / 1000);
      if (sinceTriggerMs !== undefined) {
        programming.observe(sinceTriggerMs / 1000);
      }
    },
    watch: (source) => {
      waiting.set(source);
    },
  };
}
