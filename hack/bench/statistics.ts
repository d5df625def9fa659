/** What several measurements of one thing say. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws RangeError where nothing was measured. */
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

/**
 * The smallest sample that so many percent of all do not exceed (the nearest rank). Throws
 * RangeError where nothing was measured.
 */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0)];
  if (value === undefined) {
    throw new RangeError('nothing was measured');
  }
  return value;
}

/** The samples of each name in several readings, in the order in which the names first come. */
export function groupReadings(
  readings: readonly Readonly<Record<string, number>>[],
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const reading of readings) {
    for (const [name, value] of Object.entries(reading)) {
      const group = groups.get(name);
      if (group === undefined) {
        groups.set(name, [value]);
      } else {
        group.push(value);
      }
    }
  }
  return groups;
}
