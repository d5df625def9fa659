import { element, spark } from './dom.js';
import { amount, bytes, counted, duration } from './format.js';
import { chartPaths } from './history.js';
import { realServerState, virtualServerState } from './states.js';

/** @import { Child } from './dom.js' */
/** @import { History } from './history.js' */
/** @import { Shown } from './states.js' */
/** @import { RealServerView, ServiceView, VirtualServerView } from '../../../inspect/views/service-view.ts' */

/** So many real servers, and unused endpoints, of a virtual server are shown. */
const shownAtMost = 100;

/**
 * A state in a word or two.
 * @param {Shown} shown
 */
export function badge({ text, look }) {
  return element('span', { class: `badge ${look}` }, text);
}

/** @param {Shown} shown */
function whyLine({ why }) {
  return typeof why === 'string' && element('p', { class: 'why' }, why);
}

/**
 * What a Service consists of.
 * @param {ServiceView} view
 * @param {number} nowMs
 * @param {History} history
 * @returns {Child[]}
 */
export function details(view, nowMs, history) {
  const { problems, refusals, notServed, virtualServers } = view;
  return [
    element('p', { class: 'facts' }, factsText(view)),
    notServed !== null && element('p', { class: 'why' }, notServed),
    ...problems.map(({ text, advice }) =>
      element(
        'p',
        { class: 'why' },
        badge({ text: 'problem', look: 'bad' }),
        ` ${text}: ${advice}`,
      ),
    ),
    ...refusals.map((text) =>
      element('p', { class: 'why' }, badge({ text: 'refused', look: 'warning' }), ` ${text}`),
    ),
    ...virtualServers.flatMap((virtualServer) => virtualServerParts(virtualServer, nowMs, history)),
  ];
}

/** @param {ServiceView} view */
function factsText({ scheduler, persistence, drainTimeoutSeconds }) {
  const { name, flags, origin } = scheduler;
  const from =
    origin.kind === 'annotation'
      ? `by the annotation ${origin.annotation}`
      : origin.kind === 'configuration'
        ? 'by the configuration'
        : `instead of ${origin.wanted}: ${origin.why}`;
  const parts = [
    `Scheduler ${[name, ...flags].join(' ')}, ${from}`,
    persistence === null ? '' : `persistent for ${duration(persistence.timeoutSeconds * 1000)}`,
    drainTimeoutSeconds === null
      ? 'draining lasts as long as connections do'
      : `draining lasts ${duration(drainTimeoutSeconds * 1000)} at most`,
  ];
  return `${parts.filter((part) => part !== '').join('; ')}.`;
}

/**
 * A virtual server with what is behind it.
 * @param {VirtualServerView} view
 * @param {number} nowMs
 * @param {History} history
 * @returns {Child[]}
 */
export function virtualServerParts(view, nowMs, history) {
  const { key, frontEnd, servicePort, state, realServers, unusedEndpoints, counters } = view;
  const addresses = view.portRanges?.addresses ?? [];
  const shown = virtualServerState(state, nowMs);
  const port = servicePort === null || servicePort.name === '' ? '' : `port ${servicePort.name}`;
  const totals = counters?.totals;
  return [
    element(
      'h3',
      {},
      element('span', { class: 'mono' }, key),
      element(
        'span',
        { class: 'hint' },
        [frontEnd ?? '', port].filter((part) => part !== '').join(', '),
      ),
      badge(shown),
      totals !== undefined &&
        element(
          'span',
          { class: 'hint' },
          `${amount(totals.connections)} connections, ${bytes(totals.bytesIn)} in, ${bytes(totals.bytesOut)} out`,
        ),
    ),
    ...addresses.map(({ text, kind }) =>
      element(
        'p',
        { class: 'facts' },
        element('span', { class: 'mono' }, text),
        ' ',
        element('span', { class: 'hint' }, kind),
      ),
    ),
    whyLine(shown),
    realServers.length + unusedEndpoints.length > 0 && table(view, nowMs, history),
    ...leftOut(view),
  ];
}

/**
 * @param {VirtualServerView} view
 * @returns {Child[]}
 */
function leftOut({ realServers, unusedEndpoints, unusedCounts }) {
  const more = realServers.length - shownAtMost;
  const unused = Object.values(unusedCounts).reduce((sum, count) => sum + count, 0);
  const isCut = unused > Math.min(unusedEndpoints.length, shownAtMost);
  const kinds = Object.entries(unusedCounts).map(([kind, count]) => `${count} ${kind}`);
  return [
    more > 0 && element('p', { class: 'hint' }, `and ${counted(more, 'real server')} more`),
    isCut && element('p', { class: 'hint' }, `not used in all: ${kinds.join(', ')}`),
  ];
}

/** @type {readonly (readonly [string, boolean])[]} */
const columns = [
  ['Real server', false],
  ['Pod', false],
  ['Node', false],
  ['Zone', false],
  ['State', false],
  ['Weight', true],
  ['Active', true],
  ['Inactive', true],
  ['Persistent', true],
  ['Connections/s', true],
  ['In', true],
  ['Out', true],
];

/**
 * @param {VirtualServerView} view
 * @param {number} nowMs
 * @param {History} history
 */
function table({ key, realServers, unusedEndpoints }, nowMs, history) {
  const titles = columns.map(([title, isNumber]) =>
    element('th', { scope: 'col', class: isNumber ? 'number' : undefined }, title),
  );
  const rows = realServers
    .slice(0, shownAtMost)
    .map((each) => realServerRow(key, each, nowMs, history));
  const unused = unusedEndpoints
    .slice(0, shownAtMost)
    .map(({ address, pod, node, zone, why }) =>
      element(
        'tr',
        { class: 'unused' },
        element('td', { class: 'address' }, address),
        ...[pod, node, zone].map((text) => element('td', {}, text ?? '–')),
        element('td', { colspan: '8' }, why),
      ),
    );
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...titles)),
    element('tbody', {}, ...rows, ...unused),
  );
}

/** Where nothing is known, or nothing is there. */
const unknown = '–';

/**
 * @param {string} virtualServer
 * @param {RealServerView} view
 * @param {number} nowMs
 * @param {History} history
 */
function realServerRow(virtualServer, view, nowMs, history) {
  const { address, pod, zone, weight, weightBecause, limits, connections, counters } = view;
  const shown = realServerState(view.state, nowMs);
  const perSecond = counters?.perSecond;
  const values = history.add(`${virtualServer} ${address}`, perSecond?.connections);
  return element(
    'tr',
    {},
    element('td', { class: 'address' }, address),
    element('td', {}, pod ?? unknown),
    element('td', {}, nodeText(view)),
    element('td', {}, zone ?? unknown),
    element('td', {}, badge(shown), whyLine(shown)),
    number(`${weight}${limitsText(limits)}`, weightBecause),
    number(countText(connections?.active)),
    number(countText(connections?.inactive)),
    number(countText(connections?.persistent)),
    element(
      'td',
      {},
      element(
        'span',
        { class: 'rate' },
        countText(perSecond?.connections),
        spark(chartPaths(values), `connections a second of ${address}`),
      ),
    ),
    number(byteRateText(perSecond?.bytesIn)),
    number(byteRateText(perSecond?.bytesOut)),
  );
}

/** @param {RealServerView} view */
function nodeText({ node, here }) {
  return node === null ? unknown : `${node}${here ? ' (here)' : ''}`;
}

/** @param {RealServerView['limits']} limits */
function limitsText(limits) {
  return limits === null ? '' : ` (limits ${limits.upper}, ${limits.lower})`;
}

/** @param {number | null | undefined} count */
function countText(count) {
  return typeof count === 'number' ? amount(count) : unknown;
}

/** @param {number | undefined} rate */
function byteRateText(rate) {
  return rate === undefined ? unknown : `${bytes(rate)}/s`;
}

/**
 * @param {string} text
 * @param {string} [title]
 */
function number(text, title) {
  return element('td', { class: 'number', title }, text);
}
