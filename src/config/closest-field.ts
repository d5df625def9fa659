import { namesNear } from '../base/text/closest-name.ts';

/**
 * The path of a known field that an unknown one was meant to be, by its last name: misspelt, in
 * other case, or at another place. Undefined when none is near enough. The same place goes first.
 */
export function closestField(unknown: string, known: Iterable<string>): string | undefined {
  let best: { readonly path: string; readonly cost: number } | undefined;
  for (const path of known) {
    const [near] = namesNear(lastName(unknown), [lastName(path)]);
    if (near !== undefined) {
      const cost = near.distance + (parentOf(path) === parentOf(unknown) ? 0 : 0.5);
      best = best === undefined || cost < best.cost ? { path, cost } : best;
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
