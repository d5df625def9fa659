import { problemEffects } from '../../src/translate/service-problem.ts';
import type { DocumentedMetric } from '../../src/serve/metrics/definition.ts';
import { serviceSeriesMetrics } from '../../src/serve/metrics/service-series.ts';
import { Metrics } from '../../src/serve/metrics/metrics.ts';
import { kubeProxyMetrics, type KubeProxyMetric } from './kube-proxy-metrics.ts';
import { table } from './table.ts';

const code = (text: string): string => `\`${text}\``;

/** docs/metrics.md, made from what the metrics say of themselves. */
export function metricsPage(): string {
  const metrics = new Metrics();
  const { documented } = metrics;
  const series = new Set(serviceSeriesMetrics.map(({ name }) => name));
  const ours = documented.filter(({ name }) => !isKubeProxys(name) && !series.has(name));
  const theirs = documented.filter(({ name }) => isKubeProxys(name));
  return `<!-- Made by \`npm run docs\` from src/serve/metrics and hack/docs: change those. -->

# Metrics

\`/metrics\` is served at \`metricsBindAddress\` of the [configuration](configuration.md), \`127.0.0.1:10249\` by
default, in the text format of Prometheus. Names that begin with \`kubeproxy_\` or \`rest_client_\` are kube-proxy's, with
its meanings, so that dashboards and alerts go on; the others are ours. A Grafana dashboard and alert rules
are in [config/monitoring](../config/monitoring/README.md).

## Ours

${metricTable(ours)}

### Services and real servers

${table(
  ['metric', 'type', 'meaning'],
  serviceSeriesMetrics.map(({ name, type, help }) => [code(name), type, help]),
)}

Their labels are ${labelList(serviceSeriesMetrics.at(-1)?.labels ?? {}, '; ')} (real servers alone).

What IPVS counts is read every ten seconds in the background, over 64 bits, and summed up by Service: over all its
virtual servers on the node, cluster IP, external addresses and node ports. \`kubeIpvs.serviceMetrics\` chooses whether each real
server has series too, or nothing has; \`kubeIpvs.serviceMetricsLimit\` says how many series there may be. Whoever is
over the limit is counted in \`kube_ipvs_services_without_series\` or \`kube_ipvs_real_servers_without_series\`, and gets
series of its own once others have gone. [What readings and scrapes cost](show.md#what-it-costs-to-look) is measured.

These counters begin at zero when the program starts, and go up from there by what the kernel has counted
between two readings. What the kernel showed at the start is not in them: an earlier process has told it. So a
virtual server that is deleted and made anew, or \`ipvsadm --zero\`, takes nothing away. A sum of what the kernel
shows would go down with each virtual server that goes, and Prometheus takes a counter that went down for one that
began at zero: it would count all the others again. What was counted between the last reading and the deletion is lost,
and a Service that is gone takes its series along.

Masqueraded and answered traffic passes IPVS both ways. Where a real server answers by another way (\`Local\` and \`Route\`
have no answers through IPVS) the outgoing counters stay at zero.

### Problems

${table(
  ['reason', 'effect'],
  Object.entries(problemEffects).map(([reason, effect]) => [code(reason), code(effect)]),
)}

What each means is told with the [annotations](annotations.md#reasons-of-the-events) and
[Events](deploying.md#events). \`kube_ipvs_services_with_problem\` says how many Services have it now,
\`kube_ipvs_refused_total\` how often it began.

## kube-proxy's

${metricTable(theirs)}

### Compared with kube-proxy

The lists of kube-proxy 1.30 and 1.36, but for the metrics of Go's runtime and for what each program of Kubernetes says
of itself (\`kubernetes_feature_enabled\`, \`registered_metrics_total\`, \`version_info\`, \`leader_election_master_status\` and
their like):

${table(['metric', '1.30', '1.36', 'here', ''], kubeProxyMetrics.map(comparison))}

## Of the process and of Node

Among them is how long the event loop was kept from its work (\`nodejs_eventloop_lag_*\`).

${metricTable(metrics.documentedOfProcess)}
`;
}

function isKubeProxys(name: string): boolean {
  return name.startsWith('kubeproxy_') || name.startsWith('rest_client_');
}

function metricTable(metrics: readonly DocumentedMetric[]): string {
  return table(
    ['metric', 'type', 'labels', 'meaning'],
    metrics.map(({ name, type, labels = {}, help }) => [
      code(name),
      type,
      labelList(labels, '<br>'),
      help,
    ]),
  );
}

function labelList(labels: Readonly<Record<string, string>>, separator: string): string {
  return Object.entries(labels)
    .map(([label, meaning]) => `${code(label)}: ${meaning}`)
    .join(separator);
}

function comparison({ name, releases, here }: KubeProxyMetric): readonly string[] {
  return [
    code(name),
    releases === 'both' ? 'yes' : 'no',
    'yes',
    here.kind,
    here.kind === 'yes' ? (here.note ?? '') : here.why,
  ];
}
