import type { Failing } from './evidence.ts';
import type { Standings } from './judge.ts';
import { isTrialForgotten } from './standing.ts';

/** What is to be done about the real servers of a group that fail, by `formatRealServer`. */
export interface Outliers {
  /** Those that get no new connections, the first one first. */
  readonly ejected: ReadonlyMap<string, EjectedAs>;
  /**
   * Those that have failed and not answered since: the ejected ones, and those on trial, as long as that was to be
   * expected.
   */
  readonly failing: ReadonlyMap<string, Failing>;
}

/** Whether its open connections stay. */
export type EjectedAs = 'keeps its connections' | 'connections are reset';

export const noOutliers: Outliers = { ejected: new Map(), failing: new Map() };

/** The outliers of a group at a time. Pure. */
export function outliersOf(
  standings: Standings,
  resetAfterMs: number | undefined,
  nowMs: number,
): Outliers {
  const ejected: { key: string; sinceMs: number; as: EjectedAs }[] = [];
  const failing = new Map<string, Failing>();
  for (const [key, standing] of standings) {
    if (
      standing.kind === 'in use' ||
      (standing.kind === 'on trial' && isTrialForgotten(standing, nowMs))
    ) {
      continue;
    }
    failing.set(key, standing.failing);
    if (standing.kind === 'ejected') {
      const { sinceMs, silentSinceMs } = standing;
      const isReset =
        resetAfterMs !== undefined &&
        silentSinceMs !== undefined &&
        nowMs - silentSinceMs >= resetAfterMs;
      ejected.push({
        key,
        sinceMs,
        as: isReset ? 'connections are reset' : 'keeps its connections',
      });
    }
  }
  if (failing.size === 0) {
    return noOutliers;
  }
  ejected.sort((a, b) => a.sinceMs - b.sinceMs);
  return { ejected: new Map(ejected.map(({ key, as }) => [key, as])), failing };
}

/** Whether both say the same. */
export function sameOutliers(a: Outliers, b: Outliers): boolean {
  return a === b || (sameMaps(a.ejected, b.ejected) && sameMaps(a.failing, b.failing));
}

function sameMaps(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
