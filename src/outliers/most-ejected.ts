/** How many of so many real servers are ejected at most: half of them, and never the last one. */
export function mostEjected(count: number): number {
  return Math.floor(count / 2);
}
