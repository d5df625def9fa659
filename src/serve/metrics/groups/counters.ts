import type { CounterBook } from '../../../inspect/statistics/counter-book.ts';
import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { only } from '../samples.ts';

export interface CounterMetrics {
  /** The kernel's counters were read; with the rests. */
  read(durationMs: number): void;
  watch(book: CounterBook): void;
}

/** How the kernel's counters are read, and what of them finds no room. */
export function counterMetrics(make: MetricRegistry): CounterMetrics {
  const counters = new Late<CounterBook>();
  const readAt = make.gauge({
    name: 'kube_ipvs_counters_read_timestamp_seconds',
    help: "When the kernel's counters were last read, in seconds since 1970: so old are those of Services and real servers. 0 before the first time.",
  });
  const duration = make.gauge({
    name: 'kube_ipvs_counters_read_duration_seconds',
    help: 'How long that took in the background, with its rests.',
  });
  make.gaugeOf(
    {
      name: 'kube_ipvs_virtual_servers',
      help: 'Virtual servers in the kernel, of others too, when the counters were last read.',
    },
    () => counters.read(({ virtualServerCount }) => only(virtualServerCount)),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_services_without_series',
      help: 'Services that are over `kubeIpvs.serviceMetricsLimit`: their counters are together in the series of the service `(other)`.',
    },
    () => counters.read(({ services }) => only(services.without)),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_real_servers_without_series',
      help: 'Real servers that are over that limit: they have no series, and count in those of their Service.',
    },
    () => counters.read(({ realServersWithoutTally }) => only(realServersWithoutTally)),
  );
  return {
    read: (durationMs) => {
      readAt.setToCurrentTime();
      duration.set(durationMs / 1000);
    },
    watch: (book) => {
      counters.set(book);
    },
  };
}
