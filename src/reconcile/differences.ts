import { noDifference, type Difference } from './kind.ts';

/** What has to be done about one object. */
export interface KeyedDifference<Change> extends Difference<Change> {
  readonly key: string;
}

type DifferenceOf<Desired, Observed, Change> = (
  desired: Desired | undefined,
  observed: Observed | undefined,
) => Difference<Change>;

/** The same difference, but that some rows are left alone, whatever is desired. */
export function exceptWhere<Desired, Observed, Change>(
  isLeftAlone: (row: Desired | Observed) => boolean,
  difference: DifferenceOf<Desired, Observed, Change>,
): DifferenceOf<Desired, Observed, Change> {
  return (desired, observed) => {
    const row = desired ?? observed;
    return row !== undefined && isLeftAlone(row) ? noDifference : difference(desired, observed);
  };
}

/** What has to be done about each object that differs, by key. Pure. */
export function differences<Desired, Observed, Change>(
  difference: DifferenceOf<Desired, Observed, Change>,
  desired: ReadonlyMap<string, Desired>,
  observed: ReadonlyMap<string, Observed>,
): KeyedDifference<Change>[] {
  const keys = new Set([...desired.keys(), ...observed.keys()]);
  return [...keys]
    .map((key) => ({ key, ...difference(desired.get(key), observed.get(key)) }))
    .filter(({ additions, removals }) => additions.length + removals.length > 0);
}
