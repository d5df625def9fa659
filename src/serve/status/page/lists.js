import { byId, element, fill, setText } from './dom.js';
import { counted } from './format.js';
import { virtualServerParts } from './details.js';

/** @import { History } from './history.js' */
/** @import { StrayPage, Summary } from '../../../inspect/pages.ts' */

/**
 * The node in a few figures.
 * @param {Summary} summary
 */
export function showSummary({
  node,
  version,
  packetFilter,
  services: count,
  virtualServers,
  draining,
  strays,
  problems,
}) {
  document.title = problems > 0 ? `(${problems}) ${node} – kube-ipvs` : `${node} – kube-ipvs`;
  const filter = packetFilter === null ? '' : `, packet filter ${packetFilter.kind}`;
  const head = byId('node', HTMLElement);
  setText(head, `${version} on ${node}${filter}`);
  head.title =
    packetFilter === null ? '' : `packet filter ${packetFilter.kind}: ${packetFilter.why}`;
  /** @type {readonly (readonly [number, string])[]} */
  const figures = [
    [problems, problems === 1 ? 'problem' : 'problems'],
    [count, count === 1 ? 'Service' : 'Services'],
    [virtualServers, virtualServers === 1 ? 'virtual server' : 'virtual servers'],
    [draining, 'draining'],
    [strays, 'of others'],
  ];
  fill(
    byId('figures', HTMLElement),
    ...figures.map(([figure, what]) =>
      element('span', {}, element('b', {}, figure.toLocaleString('en')), ` ${what}`),
    ),
  );
}

/**
 * Virtual servers that no Service wants.
 * @param {StrayPage} page
 * @param {number} nowMs
 * @param {History} history
 */
export function showStrays({ total, virtualServers }, nowMs, history) {
  byId('strays-section', HTMLElement).hidden = total === 0;
  fill(
    byId('strays', HTMLElement),
    ...virtualServers.map((view) =>
      element('article', { class: 'card details' }, ...virtualServerParts(view, nowMs, history)),
    ),
    total > virtualServers.length &&
      element(
        'p',
        { class: 'card details hint' },
        `and ${counted(total - virtualServers.length, 'other')}`,
      ),
  );
}

/**
 * Buttons to go through a list.
 * @param {string} what
 * @param {number} total
 * @param {number} offset
 * @param {number} size
 * @param {(offset: number) => void} go
 */
export function pageButtons(what, total, offset, size, go) {
  const last = Math.floor((total - 1) / size) * size;
  /** @type {readonly (readonly [string, string, number])[]} */
  const steps = [
    ['first', 'First', 0],
    ['previous', 'Previous', Math.max(0, offset - size)],
    ['next', 'Next', Math.min(last, offset + size)],
    ['last', 'Last', last],
  ];
  const buttons = steps.map(([name, label, to]) => {
    const button = element(
      'button',
      {
        type: 'button',
        'data-page': name,
        'aria-label': `${label} page of ${what}`,
        disabled: to === offset,
      },
      label,
    );
    button.addEventListener('click', () => {
      go(to);
    });
    return button;
  });
  const to = Math.min(offset + size, total);
  const where = `${(offset + 1).toLocaleString('en')}–${to.toLocaleString('en')} of ${total.toLocaleString('en')}`;
  return [...buttons, element('span', { class: 'hint' }, where)];
}
