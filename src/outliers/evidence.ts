import type { Statistics } from '../kernel/ipvs/model.ts';

/** New connections of a real server since it has answered last, none of which was answered. */
export interface Evidence {
  /** When the first of them was seen, in milliseconds: it is no younger than that. */
  readonly firstSeenAtMs: number;
  readonly connections: number;
  /** Those of them that an earlier look has seen. */
  readonly seenBefore: number;
  /** Whether a later look than the first has seen the counters go on, still without an answer. */
  readonly isConfirmed: boolean;
  /** Resets and ICMP errors. */
  readonly refusals: number;
  /** First packets that were sent once more. */
  readonly repeats: number;
}

/** How a real server fails: nothing comes back, or refusals alone. */
export type Failing = 'no answer' | 'refused';

/** How much of it is enough. */
export interface Threshold {
  readonly connections: number;
  readonly ms: number;
}

/** What there is after another look, with what was counted, and repeated, since the one before. Pure. */
export function evidenceAfter(
  before: Evidence | undefined,
  answered: boolean,
  { connections, packetsIn, packetsOut }: Statistics,
  repeats: number,
  nowMs: number,
): Evidence | undefined {
  if (answered || (before === undefined && connections === 0)) {
    return undefined;
  }
  const {
    firstSeenAtMs = nowMs,
    connections: seen = 0,
    refusals = 0,
    repeats: repeated = 0,
  } = before ?? {};
  return {
    firstSeenAtMs,
    connections: seen + connections,
    seenBefore: seen,
    isConfirmed: before?.isConfirmed === true || (before !== undefined && packetsIn > 0),
    refusals: refusals + packetsOut,
    repeats: repeated + repeats,
  };
}

/** So much earlier than it should a look may come: the one before has taken longer. */
const jitterMs = 100;

/** Whether that is enough to say that it fails. */
export function isEnough(
  evidence: Evidence,
  { connections, ms }: Threshold,
  nowMs: number,
): boolean {
  return evidence.seenBefore >= connections && nowMs - evidence.firstSeenAtMs >= ms - jitterMs;
}

/** The kernel brings the counters of a real server up to date so often, in milliseconds. */
const countersMs = 2000;

/**
 * Whether the kernel has brought the counters up to date since the first look at this: until then none of the
 * connections can be seen to be answered, whatever became of them. Where nothing is counted any more, the time
 * alone tells.
 */
export function isUpToDate({ isConfirmed, firstSeenAtMs }: Evidence, nowMs: number): boolean {
  return isConfirmed || nowMs - firstSeenAtMs >= countersMs + 500;
}

/**
 * Whether the packets alone tell, at the first look: each that was sent once more has been without an answer
 * for a second, while nothing at all came back.
 */
export function isSilent(
  { connections, refusals, repeats }: Evidence,
  threshold: Threshold,
): boolean {
  const { connections: enough } = threshold;
  return refusals === 0 && connections >= enough && repeats >= enough;
}

export function failingBy({ refusals }: Evidence): Failing {
  return refusals === 0 ? 'no answer' : 'refused';
}
