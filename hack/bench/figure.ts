import { summarize } from './statistics.ts';

/** What a figure counts: times of three sizes, kilobytes (10^3), megabytes, times, or things. */
export type Unit = 's' | 'ms' | 'us' | 'kB' | 'MB' | 'times' | 'count';

/** What a figure has to reach. */
export interface Bound {
  /** `exactly` is for counts: every single run has to show it. The others hold for the median. */
  readonly sense: 'at least' | 'at most' | 'exactly';
  readonly limit: number;
  /** A goal is shown, and fails nothing until it becomes required. */
  readonly status: 'required' | 'goal';
  /**
   * The limit of a small version (`--quick`), which no noise can break: it is missed where every
   * single run misses it. A bound without one is not judged there.
   */
  readonly quickLimit?: number;
}

/** One thing that was measured, once in each run. */
export interface Figure {
  readonly name: string;
  readonly unit: Unit;
  readonly samples: readonly number[];
  readonly bound?: Bound;
  /** What it is made of or compared with. */
  readonly below?: readonly Figure[];
}

export type Verdict = 'held' | 'missed' | 'not yet' | 'not judged';

/** Whether small tables are measured, where only something absurd is a finding. */
export type Strictness = 'full' | 'quick';

/** Undefined for a figure without a bound. Throws RangeError where nothing was measured. */
export function judge({ samples, bound }: Figure, strictness: Strictness): Verdict | undefined {
  if (bound === undefined) {
    return undefined;
  }
  const limit = strictness === 'full' ? bound.limit : bound.quickLimit;
  if (limit === undefined) {
    return 'not judged';
  }
  // One run of a small version may be held up by anything; that none is right is no noise.
  const isHeld =
    strictness === 'full'
      ? isWithin(samples, bound.sense, limit)
      : samples.some((sample) => isWithin([sample], bound.sense, limit));
  if (isHeld) {
    return 'held';
  }
  return bound.status === 'required' || strictness === 'quick' ? 'missed' : 'not yet';
}

function isWithin(samples: readonly number[], sense: Bound['sense'], limit: number): boolean {
  const { median } = summarize(samples);
  switch (sense) {
    case 'at least':
      return median >= limit;
    case 'at most':
      return median <= limit;
    case 'exactly':
      return samples.every((sample) => sample === limit);
  }
}

/** A figure with all that are below it, each with how deep it stands. */
export function flatten(
  figures: readonly Figure[],
  depth = 0,
): readonly { readonly figure: Figure; readonly depth: number }[] {
  return figures.flatMap((figure) => [
    { figure, depth },
    ...flatten(figure.below ?? [], depth + 1),
  ]);
}

/** Run by run, how many times `samples` is of what it is compared with. */
export function ratios(samples: readonly number[], base: readonly number[]): number[] {
  return samples.map((sample, run) => sample / (base[run] ?? Number.NaN));
}
