import { slowStartSteps, stepOfWeight } from './effective-weight.ts';
import type { RealServers } from './model.ts';

/** What is known of the slow starts of one virtual server at a moment. */
export interface KnownStarts {
  /** The step that a real server should be at now; undefined where it is in no slow start. */
  stepOf(realServer: string): number | undefined;
  /**
   * What it means that the kernel holds less than the whole weight of a real server that is in no known
   * slow start: `resume`, an earlier run of the program has begun one, and whoever keeps the times
   * is to be told; `untold`, the same where nobody keeps times; `drift`, somebody else did it.
   */
  readonly lesserWeight: 'resume' | 'untold' | 'drift';
}

/** Where nobody keeps times: a look at the kernel from outside. */
export const noKnownStarts: KnownStarts = { stepOf: () => undefined, lesserWeight: 'untold' };

/** Where nobody will be there to go on: each has its whole weight. */
export const noSlowStarts: KnownStarts = {
  stepOf: () => slowStartSteps,
  lesserWeight: 'drift',
};

/**
 * The real servers that are in a slow start, with their steps: those that become real servers beside
 * others, and those that have begun. None where nobody would be left with the whole weight.
 */
export function slowStartPlan(
  desired: RealServers,
  observed: RealServers,
  known: KnownStarts,
): ReadonlyMap<string, number> {
  const starting = new Map<string, number>();
  let used = 0;
  desired.forEach(({ weight }, key) => {
    if (weight === 0) {
      return; // Ejected: it starts when it is tried again.
    }
    used += 1;
    const held = observed.get(key)?.weight ?? 0;
    const step = known.stepOf(key) ?? firstStep(weight, held, known);
    if (step < slowStartSteps) {
      starting.set(key, step);
    }
  });
  return starting.size < used ? starting : none;
}

const none: ReadonlyMap<string, number> = new Map();

/** One that drained meanwhile, with weight 0, starts as one that was not there. */
function firstStep(desired: number, held: number, { lesserWeight }: KnownStarts): number {
  if (held === 0) {
    return 1;
  }
  return held < desired && lesserWeight !== 'drift' ? stepOfWeight(held, desired) : slowStartSteps;
}
