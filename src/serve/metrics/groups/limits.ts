import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { only } from '../samples.ts';

/** Which real servers have as many connections as they may. */
export interface LimitSource {
  readonly realServerCount: number;
  readonly refusing: readonly unknown[];
}

export interface LimitMetrics {
  watch(source: LimitSource): void;
}

/** Real servers at the limit of their connections, and what is refused for that. */
export function limitMetrics(make: MetricRegistry): LimitMetrics {
  const limits = new Late<LimitSource>();
  make.gaugeOf(
    {
      name: 'kube_ipvs_full_real_servers',
      help: 'Real servers that get no new connections since they have as many as `kube-ipvs.io/max-connections` lets them have, each at each of its virtual servers; looked at every ten seconds.',
    },
    () => limits.read(({ realServerCount }) => only(realServerCount)),
  );
  make.gaugeOf(
    {
      name: 'kube_ipvs_virtual_servers_refusing_for_limits',
      help: 'Virtual servers that refuse new connections since all their real servers are full, or one to which a hash (`sh`, `mh`, `dh`) leads.',
    },
    () => limits.read(({ refusing }) => only(refusing.length)),
  );
  return {
    watch: (source) => {
      limits.set(source);
    },
  };
}
