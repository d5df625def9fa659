import type { Statistics } from '../kernel/ipvs/model.ts';
import {
  evidenceAfter,
  failingBy,
  isEnough,
  isSilent,
  type Evidence,
  type Failing,
  type Seen,
  type Threshold,
} from './evidence.ts';

/** So much tells a real server that fails from a packet that was lost. */
const firstThreshold: Threshold = { connections: 3, ms: 2000 };

/** One that has failed before is not given the benefit of the doubt. */
const trialThreshold: Threshold = { connections: 1, ms: 1000 };

/** For how long a real server is ejected, in milliseconds: twice as long each time. */
const firstEjectionMs = 10_000;
const longestEjectionMs = 300_000;

/** How a real server stands, as one node sees it. Times in milliseconds of one clock. */
export type Standing = InUse | OnTrial | Ejected;

export interface InUse {
  readonly kind: 'in use';
  readonly evidence: Evidence | undefined;
  /** Forgotten when it has served for as long as it was ejected the last time. */
  readonly past: { readonly ejectedMs: number; readonly endedAtMs: number } | undefined;
}

/** It has its weight back, and has not answered yet. */
export interface OnTrial extends Failure {
  readonly kind: 'on trial';
  readonly evidence: Evidence | undefined;
  /** How long it was ejected before. */
  readonly ejectedMs: number;
  readonly triedAtMs: number;
}

/** It gets no new connections. */
export interface Ejected extends Failure {
  readonly kind: 'ejected';
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface Failure {
  readonly failing: Failing;
  /** Since when not one packet has come from it; undefined where one has. */
  readonly silentSinceMs: number | undefined;
}

export const unblemished: InUse = { kind: 'in use', evidence: undefined, past: undefined };

/** How it stands after a look; whether it is ejected is decided among all of its group. Pure. */
export function standingAfter(standing: Standing, look: Seen): Standing {
  const { nowMs, answered, counted } = look;
  switch (standing.kind) {
    case 'in use': {
      const evidence = evidenceAfter(standing.evidence, look, firstThreshold);
      const past = isForgotten(standing.past, nowMs) ? undefined : standing.past;
      return evidence === undefined && past === undefined
        ? unblemished
        : { kind: 'in use', evidence, past };
    }
    case 'on trial': {
      const { ejectedMs } = standing;
      return answered
        ? { kind: 'in use', evidence: undefined, past: { ejectedMs, endedAtMs: nowMs } }
        : {
            ...standing,
            evidence: evidenceAfter(standing.evidence, look, trialThreshold),
            silentSinceMs: silentAfter(standing, counted),
          };
    }
    case 'ejected': {
      const after = { ...standing, silentSinceMs: silentAfter(standing, counted) };
      return nowMs >= standing.untilMs ? onTrial(after, nowMs) : after;
    }
  }
}

/** Whether it fails by what was seen. */
export function fails(standing: InUse | OnTrial, nowMs: number): boolean {
  const { kind, evidence } = standing;
  if (evidence === undefined) {
    return false;
  }
  return kind === 'in use'
    ? isSilent(evidence, firstThreshold) || isEnough(evidence, firstThreshold, nowMs)
    : isEnough(evidence, trialThreshold, nowMs);
}

/** Whether there is nothing against it. */
export function isTrusted({ kind, evidence }: InUse | OnTrial): boolean {
  return kind === 'in use' && evidence === undefined;
}

/** One that fails is ejected; for twice as long as the last time. */
export function ejected(standing: InUse | OnTrial, evidence: Evidence, nowMs: number): Ejected {
  const lastMs = standing.kind === 'in use' ? standing.past?.ejectedMs : standing.ejectedMs;
  const ms = lastMs === undefined ? firstEjectionMs : Math.min(2 * lastMs, longestEjectionMs);
  const failing = failingBy(evidence);
  const silentSinceMs = standing.kind === 'on trial' ? standing.silentSinceMs : undefined;
  return {
    kind: 'ejected',
    failing,
    sinceMs: nowMs,
    untilMs: nowMs + ms,
    silentSinceMs: failing === 'no answer' ? (silentSinceMs ?? evidence.firstSeenAtMs) : undefined,
  };
}

/** It gets its weight back, and whether it answers will show. */
export function onTrial(
  { failing, silentSinceMs, sinceMs, untilMs }: Ejected,
  nowMs: number,
): OnTrial {
  return {
    kind: 'on trial',
    failing,
    silentSinceMs,
    evidence: undefined,
    ejectedMs: untilMs - sinceMs,
    triedAtMs: nowMs,
  };
}

/** Whether nobody has wanted it for as long as it was ejected: it may answer by now, or not. */
export function isTrialForgotten({ triedAtMs, ejectedMs }: OnTrial, nowMs: number): boolean {
  return nowMs - triedAtMs >= ejectedMs;
}

function silentAfter({ silentSinceMs }: Failure, { packetsOut }: Statistics): number | undefined {
  return packetsOut > 0 ? undefined : silentSinceMs;
}

function isForgotten(past: InUse['past'], nowMs: number): boolean {
  return past !== undefined && nowMs - past.endedAtMs >= past.ejectedMs;
}
