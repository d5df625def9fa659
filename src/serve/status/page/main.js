import { get } from './api.js';
import { byId, element, fill, setText } from './dom.js';
import { explain } from './explain.js';
import { duration } from './format.js';
import { History } from './history.js';
import { pageButtons, showStrays, showSummary } from './lists.js';
import { pageSize, place, readPlace, servicesQuery, writePlace } from './place.js';
import { ServiceCard } from './service-card.js';

/** @import { ProblemPage, ServicePage, StrayPage, Summary } from '../../../inspect/pages.ts' */

const problemsShown = 10;
const straysShown = 50;
const everyMs = 2000;

const search = byId('q', HTMLInputElement);
const only = byId('only', HTMLInputElement);
const services = byId('services', HTMLElement);
const explainWindow = byId('explain', HTMLDialogElement);
const keysWindow = byId('keys', HTMLDialogElement);
const history = new History();
/** @type {Map<string, ServiceCard>} */
const cards = new Map();
/** @type {number | undefined} */
let timer;
let asked = 0;
/** @type {number | undefined} */
let heardMs;

function takePlace() {
  readPlace();
  search.value = place.q;
  only.checked = place.problems;
}

/** Asks for everything that is seen, shows it, and does so again in a while. */
async function refresh() {
  window.clearTimeout(timer);
  asked += 1;
  const turn = asked;
  try {
    /** @type {[Summary, ServicePage, ProblemPage]} */
    const [summary, page, problems] = await Promise.all([
      get('summary'),
      get(`services?${servicesQuery()}`),
      get(`problems?limit=${problemsShown}&offset=${place.problemsOffset}`),
    ]);
    /** @type {StrayPage} */
    const strays =
      summary.strays === 0
        ? { total: 0, offset: 0, virtualServers: [] }
        : await get(`strays?limit=${straysShown}`);
    if (turn !== asked) {
      return; // Something else was asked for meanwhile.
    }
    heardMs = performance.now();
    show(summary, page, problems, strays);
    showLive('live', false);
  } catch (error) {
    if (turn === asked) {
      const ago = heardMs === undefined ? '' : ` for ${duration(performance.now() - heardMs)}`;
      showLive(`no answer${ago}: ${error instanceof Error ? error.message : String(error)}`, true);
    }
  }
  if (turn === asked && document.visibilityState === 'visible') {
    timer = window.setTimeout(refresh, everyMs);
  }
}

/**
 * @param {string} text
 * @param {boolean} isLost
 */
function showLive(text, isLost) {
  const live = byId('live', HTMLElement);
  setText(live, text);
  live.classList.toggle('lost', isLost);
}

/**
 * @param {Summary} summary
 * @param {ServicePage} page
 * @param {ProblemPage} problems
 * @param {StrayPage} strays
 */
function show(summary, page, problems, strays) {
  const nowMs = Date.parse(summary.at);
  showSummary(summary);
  showProblems(problems);
  showServices(page, nowMs);
  showPages(page);
  showStrays(strays, nowMs, history);
}

/** @param {ProblemPage} page */
function showProblems({ total, offset, problems }) {
  byId('problems-section', HTMLElement).hidden = total === 0;
  setText(byId('problems-title', HTMLElement), `Problems (${total})`);
  fill(
    byId('problems', HTMLElement),
    ...problems.map(({ object, reason, text, advice, service }) =>
      element(
        'li',
        {},
        element('b', {}, reason),
        ` ${text.startsWith(object) ? text : `${object}: ${text}`} `,
        element('p', { class: 'advice' }, `→ ${advice} `, service !== null && openButton(service)),
      ),
    ),
  );
  fill(
    byId('problems-pages', HTMLElement),
    ...(total > problemsShown
      ? pageButtons('problems', total, offset, problemsShown, (to) => {
          place.problemsOffset = to;
          moved();
        })
      : []),
  );
}

/** @param {string} service */
function openButton(service) {
  const button = element('button', { type: 'button' }, `show ${service}`);
  button.addEventListener('click', () => {
    place.q = service;
    place.offset = 0;
    place.problems = false;
    place.open.add(service);
    search.value = service;
    only.checked = false;
    cards.get(service)?.open(true);
    moved();
    services.focus();
  });
  return button;
}

/**
 * @param {ServicePage} page
 * @param {number} nowMs
 */
function showServices(page, nowMs) {
  const seen = new Set(page.services.map(({ key }) => key));
  for (const [key, card] of cards) {
    if (!seen.has(key)) {
      card.root.remove();
      cards.delete(key);
    }
  }
  page.services.forEach((view, index) => {
    const card = cards.get(view.key) ?? newCard(view.key);
    card.update(view, nowMs);
    if (services.children[index] !== card.root) {
      services.insertBefore(card.root, services.children[index] ?? null);
    }
  });
  byId('none', HTMLElement).hidden = page.total > 0;
}

/** @param {string} key */
function newCard(key) {
  const card = new ServiceCard(key, history, {
    toggled: (_key, isOpen) => {
      if (isOpen) {
        place.open.add(key);
      } else {
        place.open.delete(key);
      }
      writePlace();
    },
    explain: (service) => {
      void explain(service);
    },
  });
  cards.set(key, card);
  card.open(place.open.has(key));
  return card;
}

/** @param {ServicePage} page */
function showPages({ total, offset }) {
  setText(byId('services-title', HTMLElement), `Services (${total.toLocaleString('en')})`);
  const pages = byId('pages', HTMLElement);
  const text = `${total} ${offset}`;
  // The buttons stay the same ones while nothing moves: one of them may have the focus.
  if (pages.dataset['shows'] !== text) {
    pages.dataset['shows'] = text;
    const focused = document.activeElement?.getAttribute('data-page');
    fill(
      pages,
      ...(total > pageSize
        ? pageButtons('services', total, offset, pageSize, (to) => {
            place.offset = to;
            moved();
          })
        : []),
    );
    const again = pages.querySelector(`[data-page="${focused === 'next' ? 'next' : 'previous'}"]`);
    if (typeof focused === 'string' && again instanceof HTMLElement) {
      again.focus();
    }
  }
}

/** Somebody is elsewhere now. */
function moved() {
  writePlace();
  void refresh();
}

/** @param {number} step */
function focusCard(step) {
  const names = [...cards.values()]
    .map(({ name }) => name)
    .sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  const current = names.findIndex((name) =>
    name.closest('article')?.contains(document.activeElement),
  );
  const next = current === -1 ? 0 : Math.min(Math.max(current + step, 0), names.length - 1);
  names[next]?.focus();
}

/** @param {number} step */
function turnPage(step) {
  const name = step > 0 ? 'next' : 'previous';
  const button = byId('pages', HTMLElement).querySelector(`[data-page="${name}"]`);
  if (button instanceof HTMLButtonElement) {
    button.click();
  }
}

/** @type {Readonly<Record<string, () => void>>} */
const keys = {
  '/': () => {
    search.focus();
    search.select();
  },
  j: () => {
    focusCard(1);
  },
  k: () => {
    focusCard(-1);
  },
  n: () => {
    turnPage(1);
  },
  p: () => {
    turnPage(-1);
  },
  x: () => {
    only.click();
  },
  e: () => {
    const card = [...cards.values()].find(({ root }) => root.contains(document.activeElement));
    if (card !== undefined) {
      void explain(card.key);
    }
  },
  '?': () => {
    keysWindow.showModal();
  },
};

document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement && event.target.type === 'search';
  if (isTyping && event.key === 'Escape') {
    search.blur();
    return;
  }
  const isOpen = explainWindow.open || keysWindow.open;
  if (isTyping || isOpen || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const act = keys[event.key];
  if (act !== undefined) {
    event.preventDefault();
    act();
  }
});

/** @type {number | undefined} */
let typing;
search.addEventListener('input', () => {
  window.clearTimeout(typing);
  typing = window.setTimeout(() => {
    place.q = search.value;
    place.offset = 0;
    moved();
  }, 150);
});
only.addEventListener('change', () => {
  place.problems = only.checked;
  place.offset = 0;
  moved();
});
byId('search', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') {
    void refresh();
  } else {
    window.clearTimeout(timer);
  }
});
byId('skip', HTMLAnchorElement).addEventListener('click', (event) => {
  // The part of the address behind # says which place is shown.
  event.preventDefault();
  services.focus();
});
window.addEventListener('hashchange', () => {
  takePlace();
  void refresh();
});

takePlace();
void refresh();
