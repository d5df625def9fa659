import { WorkInParts } from '../../base/work-in-parts.ts';
import type { CounterBook, ServiceTally } from '../../inspect/statistics/counter-book.ts';
import type { Tally } from '../../inspect/statistics/tally.ts';
import type { DocumentedMetric, MetricType } from './definition.ts';

/** What there is a series of, for each Service and each real server. */
interface Family {
  /** After `kube_ipvs_service_` or `kube_ipvs_real_server_`. */
  readonly suffix: string;
  readonly type: MetricType;
  /** What is counted; `of it` follows. */
  readonly what: string;
  readonly value: (tally: Tally) => number;
}

const families: readonly Family[] = [
  {
    suffix: 'connections_total',
    type: 'counter',
    what: 'Connections',
    value: ({ connections }) => connections,
  },
  {
    suffix: 'incoming_packets_total',
    type: 'counter',
    what: 'Packets from clients',
    value: ({ packetsIn }) => packetsIn,
  },
  {
    suffix: 'outgoing_packets_total',
    type: 'counter',
    what: 'Packets to clients',
    value: ({ packetsOut }) => packetsOut,
  },
  {
    suffix: 'incoming_bytes_total',
    type: 'counter',
    what: 'Bytes from clients',
    value: ({ bytesIn }) => bytesIn,
  },
  {
    suffix: 'outgoing_bytes_total',
    type: 'counter',
    what: 'Bytes to clients',
    value: ({ bytesOut }) => bytesOut,
  },
  {
    suffix: 'active_connections',
    type: 'gauge',
    what: 'Connections that are open now (IPVS: active)',
    value: ({ activeConnections }) => activeConnections,
  },
  {
    suffix: 'inactive_connections',
    type: 'gauge',
    what: 'Connections that are over and still known, or of UDP (IPVS: inactive)',
    value: ({ inactiveConnections }) => inactiveConnections,
  },
];

/** Lines are put together in no time, and sent in a multiple of it: so many characters are a part. */
const mostPerPart = 16_384;

/** How many series each Service and each real server has. */
export const seriesEach = families.length;

interface Scope {
  readonly prefix: string;
  readonly of: string;
  readonly labels: Readonly<Record<string, string>>;
}

const serviceLabels = {
  namespace: 'that of the Service; empty for `(other)`',
  service: 'its name; `(other)` for all that are over `kubeIpvs.serviceMetricsLimit`',
};

const serviceScope: Scope = {
  prefix: 'kube_ipvs_service_',
  of: 'of a Service, by all of its virtual servers on this node, since this program has started',
  labels: serviceLabels,
};

const realServerScope: Scope = {
  prefix: 'kube_ipvs_real_server_',
  of: 'of a real server for one Service, since this program has started',
  labels: {
    ...serviceLabels,
    real_server:
      'its address and port; port 0 for port ranges, where it is reached at the port that the client has chosen',
  },
};

const scopes = [serviceScope, realServerScope];

/** The metrics that are written here, which are as many as there are Services and real servers. */
export const serviceSeriesMetrics: readonly DocumentedMetric[] = scopes.flatMap((scope) =>
  families.map((family) => ({
    name: `${scope.prefix}${family.suffix}`,
    type: family.type,
    help: helpOf(scope, family),
    labels: scope.labels,
  })),
);

/** The tally of one object, with its labels as they stand in a line. */
interface Row {
  readonly labels: string;
  readonly tally: Tally;
}

/**
 * The series of Services, and of real servers where they were read, as Prometheus reads them. Tens of
 * thousands of lines are written in parts, between which the event loop has its turn.
 */
export async function* serviceSeries(book: CounterBook): AsyncGenerator<string> {
  const parts = new WorkInParts();
  const services: Row[] = [];
  const realServers: Row[] = [];
  for (const [key, tally] of book.services.entries()) {
    addService(key, tally, services, realServers);
    if (parts.isOver(1 + tally.realServers.size)) {
      await parts.pause();
    }
  }
  if (book.services.without > 0 || book.others.connections > 0) {
    services.push({ labels: labelsOf('', '(other)'), tally: book.others });
  }
  yield* textOf(serviceScope, services, parts);
  if (realServers.length > 0) {
    yield* textOf(realServerScope, realServers, parts);
  }
}

function addService(key: string, tally: ServiceTally, services: Row[], realServers: Row[]): void {
  const [namespace = '', name = ''] = key.split('/');
  const labels = labelsOf(namespace, name);
  services.push({ labels, tally });
  for (const [address, ofRealServer] of tally.realServers.entries()) {
    realServers.push({
      labels: `${labels},real_server="${escaped(address)}"`,
      tally: ofRealServer,
    });
  }
}

async function* textOf(
  scope: Scope,
  rows: readonly Row[],
  parts: WorkInParts,
): AsyncGenerator<string> {
  for (const family of families) {
    const name = `${scope.prefix}${family.suffix}`;
    let text = `# HELP ${name} ${helpOf(scope, family)}\n# TYPE ${name} ${family.type}\n`;
    for (const { labels, tally } of rows) {
      text += `${name}{${labels}} ${family.value(tally)}\n`;
      if (text.length >= mostPerPart || parts.isOver()) {
        yield text;
        text = '';
        await parts.pause();
      }
    }
    yield text;
  }
}

function labelsOf(namespace: string, service: string): string {
  return `namespace="${escaped(namespace)}",service="${escaped(service)}"`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function helpOf({ of }: Scope, { what, type }: Family): string {
  return type === 'gauge' ? `${what} ${of.replace(/, since.*/, '')}.` : `${what} ${of}.`;
}
