/** What several measurements of one thing say, in milliseconds. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Raises RangeError where nothing was measured. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) {
    throw new RangeError('nothing was measured');
  }
  // The middle one, or the mean of the middle two.
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  const upper = sorted[Math.ceil((sorted.length - 1) / 2)] ?? max;
  return { median: (lower + upper) / 2, min, max };
}

/** The samples of each part of several measurements, in the order in which the parts first come. */
export function groupParts(
  measurements: readonly Readonly<Record<string, number>>[],
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const measurement of measurements) {
    for (const [part, ms] of Object.entries(measurement)) {
      const group = groups.get(part);
      if (group === undefined) {
        groups.set(part, [ms]);
      } else {
        group.push(ms);
      }
    }
  }
  return groups;
}
