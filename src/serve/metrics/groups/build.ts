import { version } from '../../../base/version.ts';
import type { MetricRegistry } from '../metric-registry.ts';

/** Which program this is. */
export function buildMetrics(make: MetricRegistry): void {
  make
    .gauge({
      name: 'kube_ipvs_build_info',
      help: 'Always 1: the labels say which program this is.',
      labels: { version: 'the version of kube-ipvs', node_version: 'the version of Node' },
    })
    .set({ version, node_version: process.version }, 1);
}
