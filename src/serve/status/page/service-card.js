import { badge, details } from './details.js';
import { element, fill, setText, spark } from './dom.js';
import { amount } from './format.js';
import { chartPaths } from './history.js';
import { stateOf } from './states.js';

/** @import { History } from './history.js' */
/** @import { ServiceView } from '../../../inspect/views/service-view.ts' */

/** A Service on the page: a line that opens to its virtual and real servers. */
export class ServiceCard {
  /** @type {string} */
  key;
  root;
  /** @type {HTMLButtonElement} */
  name;
  #addresses = element('span', { class: 'addresses' });
  #scheduler = element('span', { class: 'scheduler' });
  #state = element('span', {});
  #connections = element('span', { class: 'number' });
  #rate = element('span', { class: 'rate' });
  #explain;
  #details;
  #isOpen = false;
  /** @type {{ view: ServiceView, nowMs: number } | undefined} */
  #last;
  #history;

  /**
   * @param {string} key
   * @param {History} history
   * @param {{ toggled(key: string, isOpen: boolean): void, explain(key: string): void }} listener
   */
  constructor(key, history, listener) {
    this.key = key;
    this.#history = history;
    const id = `details-${key}`;
    this.name = element(
      'button',
      { class: 'name', type: 'button', 'aria-expanded': 'false', 'aria-controls': id },
      key,
    );
    this.#explain = element(
      'button',
      { type: 'button', 'aria-label': `explain ${key}` },
      'explain',
    );
    this.#details = element('div', { class: 'details', id, hidden: true });
    this.name.addEventListener('click', () => {
      this.open(!this.#isOpen);
      listener.toggled(key, this.#isOpen);
    });
    this.#explain.addEventListener('click', () => {
      listener.explain(key);
    });
    const head = element(
      'div',
      { class: 'head' },
      this.name,
      this.#addresses,
      this.#scheduler,
      this.#state,
      this.#connections,
      this.#rate,
      this.#explain,
    );
    this.root = element('article', { class: 'card', 'aria-label': `Service ${key}` }, head);
    this.root.append(this.#details);
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    this.#isOpen = isOpen;
    this.name.setAttribute('aria-expanded', String(isOpen));
    this.#details.hidden = !isOpen;
    this.#fillDetails();
  }

  /**
   * @param {ServiceView} view
   * @param {number} nowMs the time of day on the node
   */
  update(view, nowMs) {
    this.#last = { view, nowMs };
    setText(this.#addresses, addressesText(view));
    this.#showScheduler(view);
    fill(this.#state, badge(stateOf(view, nowMs)));
    const { active, rate } = sums(view);
    setText(this.#connections, view.virtualServers.length === 0 ? '' : amount(active));
    const values = this.#history.add(this.key, rate);
    fill(
      this.#rate,
      rate === undefined ? '' : `${amount(rate)}/s`,
      spark(chartPaths(values), `connections a second of ${this.key}`),
    );
    this.#fillDetails();
  }

  /** @param {ServiceView} view */
  #showScheduler({ scheduler, notServed }) {
    const { name, flags, origin } = scheduler;
    const text = notServed === null ? [name, ...flags].join(' ') : '';
    if (origin.kind === 'fallback') {
      fill(
        this.#scheduler,
        text,
        ' ',
        element('span', { class: 'badge warning', title: origin.why }, `not ${origin.wanted}`),
      );
    } else {
      setText(this.#scheduler, text);
    }
  }

  #fillDetails() {
    if (this.#isOpen && this.#last !== undefined) {
      const { view, nowMs } = this.#last;
      fill(this.#details, ...details(view, nowMs, this.#history));
    }
  }
}

/** @param {ServiceView} view */
function addressesText({ virtualServers, notServed }) {
  const keys = virtualServers.flatMap(({ key, portRanges }) =>
    portRanges === null ? [key] : portRanges.addresses.map(({ text }) => text),
  );
  if (keys.length === 0) {
    return notServed === null ? 'no virtual server' : 'not served here';
  }
  return keys.length > 2 ? `${keys[0]} and ${keys.length - 1} more` : keys.join(', ');
}

/** @param {ServiceView} view */
function sums({ virtualServers }) {
  let active = 0;
  /** @type {number | undefined} */
  let rate;
  for (const { realServers, counters } of virtualServers) {
    active += realServers.reduce((sum, { connections }) => sum + (connections?.active ?? 0), 0);
    const perSecond = counters?.perSecond?.connections;
    rate = perSecond === undefined ? rate : (rate ?? 0) + perSecond;
  }
  return { active, rate };
}
