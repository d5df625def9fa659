/** The annotation of an EndpointSlice, and the annotation or label of a Node, that names a weight. */
export const weightName = 'kube-ipvs.io/weight';

/** What the kernel takes for a weight and ipvsadm prints (65535 is the highest that ipvsadm sets). */
export const highestWeight = 65_535;

/** What a weight may be, for those who named another. */
export const allowedWeights = `must be a whole number from 0 to ${highestWeight}`;

/** Reads a weight; undefined for anything else. */
export function parseWeight(text: string): number | undefined {
  const weight = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return weight <= highestWeight ? weight : undefined;
}
