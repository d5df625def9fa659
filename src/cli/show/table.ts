import type { Statistics } from '../../kernel/ipvs/model.ts';
import type {
  CountersView,
  RealServerView,
  ServiceView,
  UnusedEndpointView,
  VirtualServerView,
} from '../../inspect/views/service-view.ts';
import { amount, bytes } from './amounts.ts';
import { span, type Row, type Span, type Style } from './spans.ts';
import { realServerState, virtualServerState, type StateText } from './state-text.ts';

/** How much a table says. */
export type Detail = 'table' | 'wide';

/** A column: its title, and what it says of a virtual server, a real server, an unused endpoint. */
interface Column {
  readonly title: string;
  readonly isWide: boolean;
  virtualServer(view: VirtualServerView, context: Context): Span;
  realServer(view: RealServerView, context: Context): Span;
  endpoint(view: UnusedEndpointView): Span;
}

interface Context {
  readonly nowMs: number;
  readonly service: ServiceView | undefined;
}

const nothing = span('');
const unknown = span('-', 'faint');

function textOr(text: string | null, style: Style = 'plain'): Span {
  return text === null || text === '' ? unknown : span(text, style);
}

function counterColumn(
  title: string,
  valueOf: (counters: CountersView) => number | undefined,
  format: (value: number) => string,
): Column {
  const cell = ({ counters }: { readonly counters: CountersView | null }): Span => {
    const value = counters === null ? undefined : valueOf(counters);
    return value === undefined ? unknown : span(format(value));
  };
  return { title, isWide: true, virtualServer: cell, realServer: cell, endpoint: () => nothing };
}

function total(
  title: string,
  counter: keyof Statistics,
  format: (value: number) => string,
): Column {
  return counterColumn(title, ({ totals }) => totals[counter], format);
}

function rate(title: string, counter: keyof Statistics, format: (value: number) => string): Column {
  return counterColumn(title, ({ perSecond }) => perSecond?.[counter], format);
}

function connectionsColumn(
  title: string,
  field: 'active' | 'inactive' | 'persistent',
  isWide = false,
): Column {
  return {
    title,
    isWide,
    virtualServer: ({ realServers }) => {
      const counts = realServers.map(({ connections }) => connections?.[field] ?? null);
      const known = counts.filter((count) => count !== null);
      return known.length === 0
        ? nothing
        : span(String(known.reduce((sum, count) => sum + count, 0)), 'faint');
    },
    realServer: ({ connections }) => {
      const count = connections?.[field] ?? null;
      return count === null ? unknown : span(String(count));
    },
    endpoint: () => nothing,
  };
}

const allColumns: readonly Column[] = [
  {
    title: 'VIRTUAL SERVER',
    isWide: false,
    virtualServer: ({ key }) => span(key, 'name'),
    realServer: ({ address }) => span(`  -> ${address}`),
    endpoint: ({ address }) => span(`   x ${address}`, 'faint'),
  },
  {
    title: 'SERVICE / POD',
    isWide: false,
    virtualServer: (view) => span(serviceText(view), view.service === null ? 'plain' : 'name'),
    realServer: ({ pod }) => textOr(pod),
    endpoint: ({ pod }) => textOr(pod, 'faint'),
  },
  {
    title: 'FRONT END / METHOD',
    isWide: true,
    virtualServer: ({ frontEnd }) => textOr(frontEnd),
    realServer: ({ method }) => span(method),
    endpoint: () => nothing,
  },
  {
    title: 'SCHEDULER / NODE',
    isWide: false,
    virtualServer: ({ scheduler, flags }, { service }) =>
      span(
        `${[scheduler, ...flags].join(' ')}${fallbackText(service)}`,
        fallbackText(service) === '' ? 'plain' : 'warning',
      ),
    realServer: ({ node, here }) => textOr(here && node !== null ? `${node} (here)` : node),
    endpoint: ({ node }) => textOr(node, 'faint'),
  },
  {
    title: 'FROM / ZONE',
    isWide: true,
    virtualServer: (_view, { service }) => originCell(service),
    realServer: ({ zone }) => textOr(zone),
    endpoint: ({ zone }) => textOr(zone, 'faint'),
  },
  {
    title: 'STATE',
    isWide: false,
    virtualServer: ({ state }, { nowMs }) => stateCell(virtualServerState(state, nowMs)),
    realServer: ({ state }, { nowMs }) => stateCell(realServerState(state, nowMs)),
    endpoint: ({ kind }) => span(kind, 'faint'),
  },
  {
    title: 'WEIGHT',
    isWide: false,
    virtualServer: () => nothing,
    realServer: ({ weight }) => span(String(weight)),
    endpoint: () => nothing,
  },
  {
    title: 'WEIGHT BECAUSE',
    isWide: true,
    virtualServer: () => nothing,
    realServer: ({ weightBecause }) => span(weightBecause),
    endpoint: ({ why }) => span(why.replace(/^not used: /, ''), 'faint'),
  },
  {
    title: 'LIMITS',
    isWide: true,
    virtualServer: () => nothing,
    realServer: ({ limits }) =>
      limits === null ? span('none', 'faint') : span(`${limits.upper}, ${limits.lower}`),
    endpoint: () => nothing,
  },
  connectionsColumn('ACTIVE', 'active'),
  connectionsColumn('INACTIVE', 'inactive'),
  connectionsColumn('PERSISTENT', 'persistent', true),
  rate('CONN/S', 'connections', amount),
  rate('PKT/S IN', 'packetsIn', amount),
  rate('B/S IN', 'bytesIn', bytes),
  rate('B/S OUT', 'bytesOut', bytes),
  total('CONNS', 'connections', amount),
  total('BYTES IN', 'bytesIn', bytes),
  total('BYTES OUT', 'bytesOut', bytes),
];

function columnsOf(detail: Detail): readonly Column[] {
  return detail === 'wide' ? allColumns : allColumns.filter(({ isWide }) => !isWide);
}

/** The titles of the columns. */
export function headRow(detail: Detail): Row {
  return { key: 'head', cells: columnsOf(detail).map(({ title }) => span(title, 'head')) };
}

export interface RowOptions {
  readonly detail: Detail;
  readonly nowMs: number;
  /** Whether Services that become nothing here are named too; with all details they are. */
  readonly withUnserved?: boolean;
}

/** The virtual servers of a Service with what is behind them. */
export function serviceRows(
  service: ServiceView,
  { detail, nowMs, withUnserved = detail === 'wide' }: RowOptions,
): readonly Row[] {
  const rows = service.virtualServers.flatMap((view) =>
    virtualServerRows(view, { nowMs, service }, detail),
  );
  const { key, notServed, refusals } = service;
  return [
    ...rows,
    ...(withUnserved && notServed !== null ? [note(key, `${key}: ${notServed}`, 'faint')] : []),
    ...refusals.map((refusal) => note(`${key} ${refusal}`, `${key}: ${refusal}`, 'warning')),
  ];
}

/** A virtual server that no Service is known to want. */
export function strayRows(view: VirtualServerView, { detail, nowMs }: RowOptions): readonly Row[] {
  return virtualServerRows(view, { nowMs, service: undefined }, detail);
}

function virtualServerRows(
  view: VirtualServerView,
  context: Context,
  detail: Detail,
): readonly Row[] {
  const columns = columnsOf(detail);
  const key = `${view.service ?? ''} ${view.key}`;
  const { nowMs } = context;
  return [
    { key, cells: columns.map((column) => column.virtualServer(view, context)) },
    ...portRangeRows(key, view, detail),
    ...whyRows(key, virtualServerState(view.state, nowMs)),
    ...view.realServers.flatMap((realServer) => {
      const ofThis = `${key} ${realServer.address}`;
      return [
        { key: ofThis, cells: columns.map((column) => column.realServer(realServer, context)) },
        ...whyRows(ofThis, realServerState(realServer.state, nowMs)),
      ];
    }),
    ...(detail === 'wide'
      ? view.unusedEndpoints.map((endpoint, index) => ({
          key: `${key} x ${endpoint.address} ${index}`,
          cells: columns.map((column) => column.endpoint(endpoint)),
        }))
      : []),
    ...unusedRow(key, view.unusedCounts, detail === 'wide' ? view.unusedEndpoints.length : 0),
  ];
}

/** Where its packets come to, for one that is for a mark: a line for each address. */
function portRangeRows(
  key: string,
  { portRanges }: VirtualServerView,
  detail: Detail,
): readonly Row[] {
  return (portRanges?.addresses ?? []).map(({ text, kind, address }) => ({
    key: `${key} at ${address}`,
    cells: undefined,
    whole: [span(`   = ${text}`), ...(detail === 'wide' ? [span(` (${kind})`, 'faint')] : [])],
  }));
}

function unusedRow(
  key: string,
  counts: VirtualServerView['unusedCounts'],
  named = 0,
): readonly Row[] {
  const entries = Object.entries(counts);
  const count = entries.reduce((sum, [, ofKind]) => sum + ofKind, 0);
  if (count <= named) {
    return [];
  }
  const kinds = entries.map(([kind, ofKind]) => `${ofKind} ${kind}`).join(', ');
  const what = count === 1 ? 'endpoint' : 'endpoints';
  const text = `   x ${count} ${what} not used${named === 0 ? '' : ' in all'}: ${kinds}`;
  return [note(`${key} unused`, text, 'faint')];
}

function whyRows(key: string, { why, style }: StateText): readonly Row[] {
  return why === undefined
    ? []
    : [note(`${key} why`, `     ${why}`, style === 'good' ? 'faint' : style)];
}

function note(key: string, text: string, style: Style): Row {
  return { key, cells: undefined, whole: [span(text, style)] };
}

function stateCell({ text, style }: StateText): Span {
  return span(text, style);
}

/** `default/web:http`, `(foreign)` */
function serviceText(view: VirtualServerView): string {
  const { service, servicePort, persistence } = view;
  const port = servicePort === null || servicePort.name === '' ? '' : `:${servicePort.name}`;
  const name = service === null ? strayText(view) : `${service}${port}`;
  return persistence === null ? name : `${name}, persistent ${persistence.timeoutSeconds}s`;
}

function strayText({ state, owned }: VirtualServerView): string {
  if (state.kind === 'foreign, refused') {
    return '(foreign, refused)';
  }
  return owned ? '(unknown)' : '(foreign)';
}

/** ` (not mh)`, where a Service has not the scheduler that was asked for. */
function fallbackText(service: ServiceView | undefined): string {
  const origin = service?.scheduler.origin;
  return origin?.kind === 'fallback' ? ` (not ${origin.wanted})` : '';
}

function originCell(service: ServiceView | undefined): Span {
  if (service === undefined) {
    return unknown;
  }
  const { origin } = service.scheduler;
  switch (origin.kind) {
    case 'annotation':
      return span(
        origin.annotation === 'kube-ipvs.io/scheduler' ? 'annotation' : origin.annotation,
      );
    case 'configuration':
      return span('configuration');
    case 'fallback':
      return span('fallback', 'warning');
  }
}
