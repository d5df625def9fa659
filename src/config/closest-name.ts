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

/**
 * The path of a known field that an unknown one was meant to be, by its last name: misspelt, in
 * other case, or at another place. Undefined when none is near enough. The same place goes first.
 */
export function closestField(unknown: string, known: Iterable<string>): string | undefined {
  const name = lastName(unknown).toLowerCase();
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: { readonly path: string; readonly cost: number } | undefined;
  for (const path of known) {
    const distance = editDistance(name, lastName(path).toLowerCase());
    const cost = distance + (parentOf(path) === parentOf(unknown) ? 0 : 0.5);
    if (distance <= limit && (best === undefined || cost < best.cost)) {
      best = { path, cost };
    }
  }
  return best?.path;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('.'), 0));
}
