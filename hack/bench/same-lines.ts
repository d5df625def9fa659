/** Throws unless both hold the same lines, in whatever order; `what` names the first. */
export function requireSameLines(
  what: string,
  found: readonly string[],
  expected: readonly string[],
): void {
  if (found.length !== expected.length) {
    throw new Error(`${what}: ${found.length} lines where ${expected.length} are right`);
  }
  const [sorted, sortedExpected] = [found.toSorted(), expected.toSorted()];
  const wrong = sorted.findIndex((line, index) => line !== sortedExpected[index]);
  if (wrong !== -1) {
    throw new Error(`${what}: '${sorted[wrong]}' where '${sortedExpected[wrong]}' is right`);
  }
}

/** The lines of a text that are not empty; ipvsadm ends some with a blank. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}
