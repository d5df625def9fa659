import type { Statistics } from '../kernel/ipvs/model.ts';

/** New connections of a real server since it has answered last, none of which was answered. */
export interface Evidence {
  /** When the first of them was seen, in milliseconds: it is no younger than that. */
  readonly firstSeenAtMs: number;
  readonly connections: number;
  /** When they were seen to be enough; undefined where they are not. */
  readonly enoughAtMs: number | undefined;
  /** Whether a later look than that has seen the counters go on, still without an answer. */
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

/** What a look has seen, since the one before. */
export interface Seen {
  readonly nowMs: number;
  /** As `hasAnswered` has it. */
  readonly answered: boolean;
  /** As `repeatsIn` has it. */
  readonly repeats: number;
  readonly counted: Statistics;
}

/** What there is after another look. Pure. */
export function evidenceAfter(
  before: Evidence | undefined,
  { nowMs, answered, repeats, counted }: Seen,
  threshold: Threshold,
): Evidence | undefined {
  if (answered || (before === undefined && counted.connections === 0)) {
    return undefined;
  }
  const { firstSeenAtMs, connections, refusals, repeats: repeated } = before ?? none(nowMs);
  const seen = connections + counted.connections;
  return {
    firstSeenAtMs,
    connections: seen,
    enoughAtMs: before?.enoughAtMs ?? (seen >= threshold.connections ? nowMs : undefined),
    isConfirmed:
      before?.isConfirmed === true || (before?.enoughAtMs !== undefined && counted.packetsIn > 0),
    refusals: refusals + counted.packetsOut,
    repeats: repeated + repeats,
  };
}

function none(
  nowMs: number,
): Pick<Evidence, 'firstSeenAtMs' | 'connections' | 'refusals' | 'repeats'> {
  return { firstSeenAtMs: nowMs, connections: 0, refusals: 0, repeats: 0 };
}

/** So much earlier than it should a look may come: the one before has taken longer. */
const jitterMs = 100;

/** The kernel brings the counters of a real server up to date so often, in milliseconds. */
const countersMs = 2000;

/**
 * Whether that is enough to say that it fails: so many connections, for so long, and the kernel has brought the
 * counters up to date since these were seen. Until then none of them can be seen to be answered, whatever became
 * of them. Where nothing is counted any more, the time alone tells.
 */
export function isEnough(
  { firstSeenAtMs, enoughAtMs, isConfirmed }: Evidence,
  { ms }: Threshold,
  nowMs: number,
): boolean {
  return (
    enoughAtMs !== undefined &&
    nowMs - firstSeenAtMs >= ms - jitterMs &&
    (isConfirmed || nowMs - enoughAtMs >= countersMs + 500)
  );
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
