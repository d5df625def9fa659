import { ratios, type Bound, type Figure } from '../figure.ts';

/** How many times something takes of what it is compared with, run by run. */
export function timesOf(
  what: string,
  samples: readonly number[],
  base: readonly number[],
  bound?: Bound,
): Figure {
  const figure = {
    name: `against ${what}`,
    unit: 'times',
    samples: ratios(samples, base),
  } as const;
  return bound === undefined ? figure : { ...figure, bound };
}

/** How many times as fast as something it is, run by run. */
export function timesAsFast(
  what: string,
  samples: readonly number[],
  base: readonly number[],
  bound?: Bound,
): Figure {
  const figure = {
    name: `times as fast as ${what}`,
    unit: 'times',
    samples: ratios(base, samples),
  } as const;
  return bound === undefined ? figure : { ...figure, bound };
}
