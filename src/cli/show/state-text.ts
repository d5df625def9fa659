import type { RealServerState, VirtualServerState } from '../../inspect/views/service-view.ts';
import type { Style } from './spans.ts';

/** The state of something, in a word or two, how that looks, and why it is so where that is news. */
export interface StateText {
  readonly text: string;
  readonly style: Style;
  readonly why: string | undefined;
}

export function virtualServerState(state: VirtualServerState, nowMs: number): StateText {
  switch (state.kind) {
    case 'in place':
      return { text: 'ok', style: 'good', why: undefined };
    case 'foreign':
      return { text: '', style: 'plain', why: undefined };
    case 'foreign, refused':
      // What to do is told once, below the table.
      return {
        text: 'refused',
        style: 'bad',
        why: `it stands at a VIP of ${state.vipOf ?? 'kube-ipvs'}`,
      };
    case 'no real servers':
    case 'full':
    case 'missing':
    case 'differs':
    case 'unknown':
      return { text: state.kind, style: 'warning', why: state.why };
    case 'claimed':
      return { text: 'not its own', style: 'warning', why: state.why };
    case 'refused':
      return { text: sinceText('refused', state.since, nowMs), style: 'bad', why: state.why };
  }
}

export function realServerState(state: RealServerState, nowMs: number): StateText {
  switch (state.kind) {
    case 'active':
      return { text: 'active', style: 'good', why: state.why ?? undefined };
    case 'draining':
      return {
        text: sinceText('draining', state.since, nowMs) + untilText(state.until, nowMs),
        style: 'warning',
        why: undefined,
      };
    case 'ejected':
      return {
        text: sinceText('ejected', state.since, nowMs) + untilText(state.until, nowMs),
        style: 'warning',
        why: state.why,
      };
    case 'refused':
      return { text: sinceText('refused', state.since, nowMs), style: 'bad', why: state.why };
    case 'missing':
      // The word says all of it, and where the virtual server is missing, all of them are.
      return { text: state.kind, style: 'warning', why: undefined };
    case 'full':
      // Where all are full, each would say the same.
      return {
        text: `full, ${state.connections} of ${state.limit}`,
        style: 'warning',
        why: undefined,
      };
    case 'differs':
    case 'unwanted':
      return { text: state.kind, style: 'warning', why: state.why };
  }
}

function sinceText(word: string, since: string | null, nowMs: number): string {
  return since === null ? word : `${word} for ${durationText(nowMs - Date.parse(since))}`;
}

function untilText(until: string | null, nowMs: number): string {
  return until === null ? '' : `, ${durationText(Date.parse(until) - nowMs)} left`;
}

/** `5s`, `2m10s`, `3h20m`, `2d4h` */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'm'],
    [60, 'm', 1, 's'],
  ] as const;
  for (const [big, bigName, small, smallName] of units) {
    if (seconds >= big) {
      const rest = Math.floor((seconds % big) / small);
      return `${Math.floor(seconds / big)}${bigName}${rest === 0 ? '' : `${rest}${smallName}`}`;
    }
  }
  return `${seconds}s`;
}
