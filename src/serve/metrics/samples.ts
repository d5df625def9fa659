import type { Sample } from './definition.ts';

/** The one value of a gauge without labels. */
export function only(value: number | boolean): readonly Sample<never>[] {
  return [{ labels: {}, value: Number(value) }];
}

/** A value for each value of the one label. */
export function samplesBy<Label extends string>(
  label: Label,
  counts: Iterable<readonly [string, number]>,
): readonly Sample<Label>[] {
  return Array.from(counts, ([name, value]) => ({
    // The one label of the gauge.
    labels: { [label]: name } as Record<Label, string>,
    value,
  }));
}

/** How often each word comes up, with those that do not. */
export function countsOf(
  words: Iterable<string>,
  expected: readonly string[] = [],
): ReadonlyMap<string, number> {
  const counts = new Map(expected.map((word) => [word, 0]));
  for (const word of words) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
