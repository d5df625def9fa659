import { highestWeight, parseWeight } from '../cluster/weight.ts';

/** Where an endpoint is, seen from this node; the nearest that fits. */
export const localities = ['same-node', 'same-zone', 'other'] as const;

export type Locality = (typeof localities)[number];

/** The weights of endpoints by where they are. */
export type LocalityWeights = Readonly<Record<Locality, number>>;

/** What leaves weights to other rules, though the configuration has some. */
const noneWord = 'none';

export const allowedLocalityWeights = `must be such as same-node=10,same-zone=5,other=1 (whole numbers from 0 to ${highestWeight}) or ${noneWord}`;

/** Endpoints that no part of it names. */
const usualWeight = 1;

/**
 * Reads `same-node=10,same-zone=5,other=1`. What is not named has the weight of what lies around it, and
 * `other` has 1. `none` where it says so; undefined for anything else.
 */
export function parseLocalityWeights(text: string): LocalityWeights | 'none' | undefined {
  if (text.trim() === noneWord) {
    return 'none';
  }
  const named = new Map<Locality, number>();
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split('=').map((word) => word.trim());
    const locality = localities.find((each) => each === name);
    const weight = parseWeight(value);
    if (rest.length > 0 || locality === undefined || weight === undefined || named.has(locality)) {
      return undefined;
    }
    named.set(locality, weight);
  }
  const other = named.get('other') ?? usualWeight;
  const sameZone = named.get('same-zone') ?? other;
  return { other, 'same-zone': sameZone, 'same-node': named.get('same-node') ?? sameZone };
}
