import type { EndpointSlice, Node, Service } from '../../cluster/objects.ts';
import type { Problem } from '../../base/problem.ts';
import type { ManifestObject, ParsedManifests } from './parse-manifests.ts';

/** A cluster as a set of manifest files describes it. */
export interface MergedManifests {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  /** The Node of the given name, where there is one. */
  readonly node: Node | undefined;
  /** All Nodes. */
  readonly nodes: readonly Node[];
  readonly problems: readonly Problem[];
}

/**
 * Puts the objects of all files together. Of two objects with the same kind,
 * namespace and name the first counts, in the order given; the other is a problem.
 */
export function mergeManifests(
  files: readonly ParsedManifests[],
  nodeName: string | undefined,
): MergedManifests {
  const first = new Map<string, ManifestObject>();
  const problems: Problem[] = [];
  for (const file of files) {
    problems.push(...file.problems);
    for (const object of file.objects) {
      const before = first.get(object.id);
      if (before === undefined) {
        first.set(object.id, object);
      } else {
        problems.push(duplicate(object, before));
      }
    }
  }
  return { ...sortOut([...first.values()], nodeName), problems };
}

function duplicate(object: ManifestObject, before: ManifestObject): Problem {
  return {
    object: object.id,
    field: 'metadata.name',
    value: object.value.name,
    allowed: `must be defined once: ${before.origin} has it already and counts`,
    origin: object.origin,
  };
}

function sortOut(
  objects: readonly ManifestObject[],
  nodeName: string | undefined,
): Omit<MergedManifests, 'problems'> {
  const services: Service[] = [];
  const slices: EndpointSlice[] = [];
  const nodes: Node[] = [];
  for (const object of objects) {
    if (object.kind === 'Service') {
      services.push(object.value);
    } else if (object.kind === 'EndpointSlice') {
      slices.push(object.value);
    } else {
      nodes.push(object.value);
    }
  }
  return { services, slices, nodes, node: nodes.find(({ name }) => name === nodeName) };
}

/**
 * What a file holds after a change, when a part of it cannot be read now: objects of
 * before that are unusable in it now stay as they were; and while a document is not
 * YAML at all, so does every object that is missing. A mistake in a file never
 * removes a Service; taking it out of a sound file does.
 */
export function keepLastGood(
  before: ParsedManifests | undefined,
  now: ParsedManifests,
): ParsedManifests {
  if (before === undefined) {
    return now;
  }
  const present = new Set(now.objects.map((object) => object.id));
  const unusable = new Set(now.unusable);
  const kept = before.objects.filter(
    (object) => !present.has(object.id) && (now.broken || unusable.has(object.id)),
  );
  return { ...now, objects: [...now.objects, ...kept] };
}
