import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { only, samplesBy } from '../samples.ts';

/** How the program is. */
export interface HealthSource {
  /** The kernel was equal to the cluster once. */
  readonly ready: boolean;
  /** A new process would do no better. */
  readonly alive: boolean;
  /** What of the kernel can be neither read nor written. */
  readonly failingParts: readonly string[];
}

export interface HealthMetrics {
  /** A path of the health server was answered with a status. */
  answered(path: string, status: number): void;
  /** A server could not be bound; it is tried again. */
  bindFailed(server: string): void;
  /** Whether the file of the configuration has last changed to something that is refused. */
  configurationRefused(isRefused: boolean): void;
  watch(source: HealthSource): void;
}

/** Whether the program does its work, and what it tells those that ask. */
export function healthMetrics(make: MetricRegistry): HealthMetrics {
  const health = new Late<HealthSource>();
  const code = 'the HTTP status of the answer';
  const healthz = make.counter({
    name: 'kubeproxy_proxy_healthz_total',
    help: 'Answers of `/healthz`.',
    labels: { code },
  });
  const livez = make.counter({
    name: 'kubeproxy_proxy_livez_total',
    help: 'Answers of `/livez`.',
    labels: { code },
  });
  make.gaugeOf(
    {
      name: 'kube_ipvs_ready',
      help: '1 once the kernel was equal to the cluster for the first time, 0 before.',
    },
    () => health.read(({ ready }) => only(ready)),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_alive',
      help: '0 when the kernel could not be read or written for two sync periods, else 1.',
    },
    () => health.read(({ alive }) => only(alive)),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_failing_kernel_parts',
      help: '1 for each part of the kernel that can now be neither read nor written, for a reason that is no matter of one object.',
      labels: { part: '`the kernel`, or a kind of object' },
    },
    () =>
      health.read(({ failingParts }) =>
        samplesBy(
          'part',
          failingParts.map((part) => [part, 1]),
        ),
      ),
  );
  const bindFailures = make.counter({
    name: 'kube_ipvs_bind_failures_total',
    help: 'How often a server of this program could not be bound to its address.',
    labels: { server: '`health`, `metrics`, or `health check` for the health-check node ports' },
  });
  const refused = make.gauge({
    name: 'kube_ipvs_configuration_refused',
    help: '1 while the file of the configuration holds something that is refused, so that the earlier one is in effect, else 0.',
  });
  return {
    answered: (path, status) => {
      if (path === '/healthz') {
        healthz.inc({ code: String(status) });
      } else if (path === '/livez') {
        livez.inc({ code: String(status) });
      }
    },
    bindFailed: (server) => {
      bindFailures.inc({ server });
    },
    configurationRefused: (isRefused) => {
      refused.set(Number(isRefused));
    },
    watch: (source) => {
      health.set(source);
    },
  };
}
