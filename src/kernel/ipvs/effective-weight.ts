/** In so many steps a real server gets its whole weight in a slow start. */
export const slowStartSteps = 10;

/** What decides the weight that a real server has at a moment. */
export interface WeightLayers {
  /**
   * The one that it is to have in the long run: 0 while it is ejected, undefined where no endpoint is behind
   * it any more.
   */
  readonly desired: number | undefined;
  /** The step of its slow start, 1 to `slowStartSteps`; undefined where it has none. */
  readonly step?: number | undefined;
}

/**
 * The weight that the kernel is to have: the one place where everything that changes it comes together.
 * Each layer has its say over those below it: what is not desired drains with 0, and what is ejected has 0; a slow start takes tenths,
 * and at least 1; else it is the desired one.
 */
export function effectiveWeight({ desired, step = slowStartSteps }: WeightLayers): number {
  if (desired === undefined || desired === 0) {
    return 0;
  }
  return step < slowStartSteps
    ? Math.max(1, Math.floor((desired * step) / slowStartSteps))
    : desired;
}

/** The step at which a slow start has led to a weight. */
export function stepOfWeight(held: number, desired: number): number {
  return Math.min(slowStartSteps, Math.ceil((held * slowStartSteps) / desired));
}
