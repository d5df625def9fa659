import type { FieldReader } from './fields.ts';
import { allowedWeights, parseWeight, weightName } from './weight.ts';

/** The weight that annotations or labels name; undefined, and a problem, for one that is not valid. */
export function readWeight(texts: FieldReader): number | undefined {
  const text = texts.string(weightName);
  const weight = text === undefined ? undefined : parseWeight(text);
  if (text !== undefined && weight === undefined) {
    texts.reject(weightName, allowedWeights);
  }
  return weight;
}
