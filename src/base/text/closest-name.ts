/**
 * How many letters must be put in, left out, replaced or swapped with their neighbour to get from
 * one text to the other (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/** A known name, and how far it is from the unknown one. */
export interface NearName {
  readonly name: string;
  readonly distance: number;
}

/** The known names that an unknown one may have been meant to be: misspelt, or in other case. */
export function namesNear(unknown: string, known: Iterable<string>): readonly NearName[] {
  const limit = Math.max(1, Math.floor(unknown.length / 3));
  return Array.from(known, (name) => ({
    name,
    distance: editDistance(unknown.toLowerCase(), name.toLowerCase()),
  })).filter(({ distance }) => distance <= limit);
}

/** The known name that is nearest to an unknown one, the first of several; undefined for none. */
export function closestName(unknown: string, known: Iterable<string>): string | undefined {
  return namesNear(unknown, known).toSorted((one, other) => one.distance - other.distance)[0]?.name;
}
