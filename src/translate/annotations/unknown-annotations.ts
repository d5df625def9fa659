import { ownAnnotationPrefix } from '../../cluster/annotation-names.ts';
import type { Service } from '../../cluster/objects.ts';
import { closestName } from '../../base/text/closest-name.ts';
import { serviceProblem, type ServiceProblem } from '../service-problem.ts';
import { annotations } from './registry.ts';

const known: ReadonlySet<string> = new Set(Object.values(annotations).map(({ name }) => name));
const knownWithoutPrefix = Array.from(known, withoutPrefix);

/** What the reason `UnknownAnnotation` means, for the docs. */
export const unknownAnnotationMeaning = 'there is no such annotation; it has no effect';

/** A Service may have thousands of annotations; its owner needs no Event for each. */
const mostReported = 5;

/**
 * Annotations with our prefix that do not exist, each with the one that was probably meant: the
 * first few of a Service. Those of kube-router that we do not read may mean something to it.
 */
export function unknownAnnotations(service: Service): readonly ServiceProblem[] {
  const problems: ServiceProblem[] = [];
  for (const [name, value] of service.annotations) {
    if (
      problems.length < mostReported &&
      name.startsWith(ownAnnotationPrefix) &&
      !known.has(name)
    ) {
      const field = `metadata.annotations[${name}]`;
      const allowed = `it has no effect: there is no such annotation; ${suggestionFor(name)}`;
      problems.push(serviceProblem(service, 'UnknownAnnotation', { field, value, allowed }));
    }
  }
  return problems;
}

function suggestionFor(name: string): string {
  const meant = closestName(withoutPrefix(name), knownWithoutPrefix);
  return meant === undefined
    ? `allowed are ${[...known].join(', ')}`
    : `did you mean ${ownAnnotationPrefix}${meant}?`;
}

function withoutPrefix(name: string): string {
  return name.slice(ownAnnotationPrefix.length);
}
