import { duration } from './format.js';

/** What states are called, and how they look. Pure. */

/** @import { RealServerView, ServiceView, VirtualServerView } from '../../../inspect/views/service-view.ts' */

/**
 * How a state is called, how that looks, and why it is so.
 * @typedef {{ readonly text: string, readonly look: 'good' | 'warning' | 'bad' | '', readonly why?: string | null }} Shown
 */

/**
 * @param {VirtualServerView['state']} state
 * @param {number} nowMs
 * @returns {Shown}
 */
export function virtualServerState(state, nowMs) {
  switch (state.kind) {
    case 'in place':
      return { text: 'ok', look: 'good' };
    case 'foreign':
      return { text: 'foreign', look: '' };
    case 'foreign, refused':
      return { text: 'foreign, refused', look: 'bad', why: state.why };
    case 'refused':
      return { text: since('refused', state.since, nowMs), look: 'bad', why: state.why };
    case 'claimed':
      return { text: 'not its own', look: 'warning', why: state.why };
    default:
      return { text: state.kind, look: 'warning', why: state.why };
  }
}

/**
 * @param {RealServerView['state']} state
 * @param {number} nowMs
 * @returns {Shown}
 */
export function realServerState(state, nowMs) {
  switch (state.kind) {
    case 'active':
      return { text: 'active', look: 'good', why: state.why };
    case 'draining': {
      const left =
        state.until === null ? '' : `, ${duration(Date.parse(state.until) - nowMs)} left`;
      return { text: since('draining', state.since, nowMs) + left, look: 'warning' };
    }
    case 'ejected': {
      const left =
        state.until === null ? '' : `, ${duration(Date.parse(state.until) - nowMs)} left`;
      return { text: since('ejected', state.since, nowMs) + left, look: 'warning', why: state.why };
    }
    case 'refused':
      return { text: since('refused', state.since, nowMs), look: 'bad', why: state.why };
    case 'full':
      // Where all are full, each would say the same.
      return { text: `full, ${state.connections} of ${state.limit}`, look: 'warning' };
    case 'missing':
      // The word says all of it, and where the virtual server is missing, all of them are.
      return { text: state.kind, look: 'warning' };
    default:
      return { text: state.kind, look: 'warning', why: state.why };
  }
}

/**
 * @param {string} word
 * @param {string | null} from
 * @param {number} nowMs
 */
function since(word, from, nowMs) {
  return from === null ? word : `${word} for ${duration(nowMs - Date.parse(from))}`;
}

/**
 * The worst of what a Service consists of, in a few words.
 * @param {ServiceView} view
 * @param {number} nowMs
 * @returns {Shown}
 */
export function stateOf(view, nowMs) {
  const { virtualServers, notServed } = view;
  if (notServed !== null) {
    return { text: 'not served', look: '' };
  }
  const states = virtualServers.map(({ state }) => virtualServerState(state, nowMs));
  const worst =
    states.find(({ look }) => look === 'bad') ?? states.find(({ look }) => look === 'warning');
  if (worst !== undefined) {
    return worst;
  }
  return stateOfRealServers(virtualServers);
}

/**
 * @param {ServiceView['virtualServers']} virtualServers
 * @returns {Shown}
 */
function stateOfRealServers(virtualServers) {
  const kinds = virtualServers.flatMap(({ realServers }) =>
    realServers.map(({ state }) => state.kind),
  );
  const refused = kinds.filter((kind) => kind === 'refused').length;
  if (refused > 0) {
    return { text: `${refused} refused`, look: 'bad' };
  }
  const others = Map.groupBy(
    kinds.filter((kind) => kind !== 'draining' && kind !== 'active'),
    (kind) => kind,
  );
  if (others.size > 0) {
    const counts = Array.from(others, ([kind, { length }]) => `${length} ${kind}`);
    return { text: counts.join(', '), look: 'warning' };
  }
  const draining = kinds.filter((kind) => kind === 'draining').length;
  const active = virtualServers[0]?.realServers.filter(({ state }) => state.kind === 'active');
  const text = `${active?.length ?? 0} active${draining === 0 ? '' : `, ${draining} draining`}`;
  return { text, look: draining === 0 ? 'good' : 'warning' };
}
