import type { Failing } from '../../../outliers/evidence.ts';
import { Late } from '../late.ts';
import type { MetricRegistry } from '../metric-registry.ts';
import { only } from '../samples.ts';

/** Which real servers are ejected now. */
export interface OutlierSource {
  readonly ejectedCount: number;
}

export interface OutlierMetrics {
  /** A real server was ejected. */
  ejected(failing: Failing): void;
  watch(source: OutlierSource): void;
}

/** Real servers that fail, of the Services that ask for ejection. */
export function outlierMetrics(make: MetricRegistry): OutlierMetrics {
  const outliers = new Late<OutlierSource>();
  make.gaugeOf(
    {
      name: 'kube_ipvs_ejected_real_servers',
      help: 'Real servers that get no new connections from this node, since they fail; those on trial are not among them.',
    },
    () => outliers.read(({ ejectedCount }) => only(ejectedCount)),
  );
  const ejections = make.counter({
    name: 'kube_ipvs_ejections_total',
    help: 'How often a real server was ejected, after a failed trial too.',
    labels: { failing: 'how it fails: `no answer` or `refused`' },
  });
  return {
    ejected: (failing) => {
      ejections.inc({ failing });
    },
    watch: (source) => {
      outliers.set(source);
    },
  };
}
