import type { Statistics } from '../kernel/ipvs/model.ts';

/** New connections of a real server since it has answered last, none of which was answered. */
export interface Evidence {
  /** When the first of them was seen, in milliseconds: it is no younger than that. */
  readonly firstSeenAtMs: number;
  readonly connections: number;
  /** Those of them that an earlier look has seen: they have had the time from look to look. */
  readonly seenBefore: number;
  /** Resets and ICMP errors. */
  readonly refusals: number;
}

/** How a real server fails: nothing comes back, or refusals alone. */
export type Failing = 'no answer' | 'refused';

/** How much of it is enough. */
export interface Threshold {
  readonly connections: number;
  readonly ms: number;
}

/** What there is after another look, with what was counted since the one before. Pure. */
export function evidenceAfter(
  before: Evidence | undefined,
  answered: boolean,
  { connections, packetsOut }: Statistics,
  nowMs: number,
): Evidence | undefined {
  if (answered || (before === undefined && connections === 0)) {
    return undefined;
  }
  const { firstSeenAtMs = nowMs, connections: seen = 0, refusals = 0 } = before ?? {};
  return {
    firstSeenAtMs,
    connections: seen + connections,
    seenBefore: seen,
    refusals: refusals + packetsOut,
  };
}

/** Whether that is enough to say that it fails. */
export function isEnough(
  evidence: Evidence,
  { connections, ms }: Threshold,
  nowMs: number,
): boolean {
  return evidence.seenBefore >= connections && nowMs - evidence.firstSeenAtMs >= ms;
}

export function failingBy({ refusals }: Evidence): Failing {
  return refusals === 0 ? 'no answer' : 'refused';
}
