import type { Failing } from '../../outliers/evidence.ts';
import type { DesiredFrontEnd } from '../../translate/desired.ts';
import { agoText, type EjectionKnowledge, type KernelKnowledge } from './knowledge.ts';
import type { RealServerState } from './service-view.ts';

const how: Readonly<Record<Failing, string>> = {
  'no answer': 'does not answer new connections',
  refused: 'refuses new connections',
};

/**
 * The state of a real server that is ejected from a virtual server, or why one that is in use there is not
 * trusted; undefined where nothing is known against it.
 */
export function ejectionState(
  desired: DesiredFrontEnd | undefined,
  address: string,
  kernel: KernelKnowledge,
): RealServerState | undefined {
  const { ejection: rule } = desired ?? {};
  const known = rule && kernel.ejection?.(rule.group, address);
  if (desired === undefined || known === undefined) {
    return undefined;
  }
  const why = how[known.failing];
  const isReset = desired.resets?.has(address) === true;
  if (isReset || desired.virtualServer.realServers.get(address)?.weight === 0) {
    return ejectedState(isReset ? `${why}; its connections are reset` : why, known, kernel.nowMs);
  }
  return known.leftMs === undefined
    ? { kind: 'active', why: `on trial: ${why}` }
    : { kind: 'active', why: `${why}, and is needed: at most half are ejected` };
}

function ejectedState(
  why: string,
  { forMs, leftMs }: EjectionKnowledge,
  nowMs: number,
): RealServerState {
  return {
    kind: 'ejected',
    why,
    since: forMs === undefined ? null : agoText(nowMs, forMs),
    until: leftMs === undefined ? null : agoText(nowMs, -leftMs),
  };
}
