/** Annotations of ours. */
export const ownAnnotationPrefix = 'kube-ipvs.io/';

/** Which annotations of a Service are kept on arrival: ours, and kube-router's for moving over. */
export const annotationPrefixes = [ownAnnotationPrefix, 'kube-router.io/'] as const;

export type OwnAnnotationName = `${typeof ownAnnotationPrefix}${string}`;

/** The name of an annotation that is kept; of another one nothing would ever be read. */
export type AnnotationName = `${(typeof annotationPrefixes)[number]}${string}`;
