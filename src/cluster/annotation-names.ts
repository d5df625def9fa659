/** Annotations of ours. */
export const ownAnnotationPrefix = 'kube-ipvs.io/';

/** By which a Service asks for the weights of Nodes: whether Nodes are followed depends on it. */
export const weightsAnnotation = 'kube-ipvs.io/weights';

/** What it says: the weights of Nodes, or none. */
export const weightsValues = ['node', 'none'] as const;

/** Whether a Service with this value, or without one, asks for the weights of Nodes. */
export function asksForNodeWeights(value: string | undefined, byDefault: boolean): boolean {
  return value === 'node' || (value !== 'none' && byDefault);
}

/** Which annotations of a Service are kept on arrival: ours, and kube-router's for moving over. */
export const annotationPrefixes = [ownAnnotationPrefix, 'kube-router.io/'] as const;

export type OwnAnnotationName = `${typeof ownAnnotationPrefix}${string}`;

/** The name of an annotation that is kept; of another one nothing would ever be read. */
export type AnnotationName = `${(typeof annotationPrefixes)[number]}${string}`;
