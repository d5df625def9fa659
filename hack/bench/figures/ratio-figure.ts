import { ratios, type Bound, type Figure } from '../figure.ts';

/** How many times something takes of what it is compared with, run by run. */
export function timesOf(
  what: string,
  samples: readonly number[],
  base: readonly number[],
  bound?: Bound,
): Figure {
  return ratioFigure(`against ${what}`, ratios(samples, base), bound);
}

/** How many times as fast as something it is, run by run. */
export function timesAsFast(
  what: string,
  samples: readonly number[],
  base: readonly number[],
  bound?: Bound,
): Figure {
  return ratioFigure(`times as fast as ${what}`, ratios(base, samples), bound);
}

function ratioFigure(name: string, samples: readonly number[], bound: Bound | undefined): Figure {
  const figure = { name, unit: 'times', samples } as const;
  return bound === undefined ? figure : { ...figure, bound };
}
