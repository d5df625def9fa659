import type { Difference } from './kind.ts';

/** What has to be done about one object. */
export interface KeyedDifference<Change> extends Difference<Change> {
  readonly key: string;
}

/** What has to be done about each object that differs, by key. Pure. */
export function differences<Desired, Observed, Change>(
  difference: (desired: Desired | undefined, observed: Observed | undefined) => Difference<Change>,
  desired: ReadonlyMap<string, Desired>,
  observed: ReadonlyMap<string, Observed>,
): KeyedDifference<Change>[] {
  const keys = new Set([...desired.keys(), ...observed.keys()]);
  return [...keys]
    .map((key) => ({ key, ...difference(desired.get(key), observed.get(key)) }))
    .filter(({ additions, removals }) => additions.length + removals.length > 0);
}
