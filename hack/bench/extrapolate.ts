/** What one thing costs, measured in clusters of two sizes. */
export interface TwoSizes {
  /** Services of each cluster. */
  readonly services: readonly [small: number, large: number];
  /** What one message costs in each, in whatever unit. */
  readonly each: readonly [small: number, large: number];
}

/**
 * What one message would cost with so many Services: on the straight line through both sizes. One
 * that would become cheaper with more Services was measured amid noise, and stays as it is. Pure.
 */
export function extrapolate({ services, each }: TwoSizes, to: number): number {
  const [small, large] = services;
  const slope = (each[1] - each[0]) / (large - small);
  return slope <= 0 ? (each[0] + each[1]) / 2 : each[1] + slope * (to - large);
}
