import { isObject, formatWords, type Parsed } from '../../cluster/fields.ts';
import { describeObject, identify, type Kind } from '../../cluster/metadata.ts';
import type { EndpointSlice, Node, Service } from '../../cluster/objects.ts';
import { parseEndpointSlice } from '../../cluster/parse-endpoint-slice.ts';
import { parseNode } from '../../cluster/parse-node.ts';
import { parseService } from '../../cluster/parse-service.ts';
import type { Problem } from '../../base/problem.ts';
import { parseDocuments, type ParsedDocument } from './parse-documents.ts';

/** An object of a manifest file; `id` is its kind, namespace and name. */
export type ManifestObject = { readonly id: string; readonly origin: string } & (
  | { readonly kind: 'Service'; readonly value: Service }
  | { readonly kind: 'EndpointSlice'; readonly value: EndpointSlice }
  | { readonly kind: 'Node'; readonly value: Node }
);

/** What one manifest file holds. */
export interface ParsedManifests {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly Problem[];
  /** A document is not YAML (or JSON) at all: nobody can tell which objects it was for. */
  readonly broken: boolean;
  /** The ids of objects that are there but cannot be used. */
  readonly unusable: readonly string[];
}

const apiVersions: Readonly<Record<Kind, string>> = {
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Node: 'v1',
};
const kinds: readonly Kind[] = ['Service', 'EndpointSlice', 'Node'];

/** The lists that kubectl and the API server print, and the kind of their items. */
const lists = new Map<unknown, { readonly apiVersion: string; readonly itemKind?: Kind }>([
  ['List', { apiVersion: 'v1' }],
  ...kinds.map(
    (kind) => [`${kind}List`, { apiVersion: apiVersions[kind], itemKind: kind }] as const,
  ),
]);

/**
 * Reads a manifest file: Services, EndpointSlices and Nodes, in many documents or in
 * lists. A document or an item that cannot be used costs itself alone. `file` is the
 * name that problems show, and tells JSON from YAML.
 */
export function parseManifests(text: string, file: string): ParsedManifests {
  const collector = new Collector();
  parseDocuments(text, file).forEach((document, index) => {
    addDocument(document, `${file}, document ${index + 1}`, collector);
  });
  return collector;
}

class Collector implements ParsedManifests {
  readonly objects: ManifestObject[] = [];
  readonly problems: Problem[] = [];
  readonly unusable: string[] = [];
  broken = false;

  reject(origin: string, object: string, field: string, value: unknown, allowed: string): void {
    this.problems.push({ origin, object, field, value, allowed });
  }
}

function addDocument(document: ParsedDocument, origin: string, into: Collector): void {
  if (document.kind === 'broken') {
    into.broken = true;
    into.reject(origin, 'manifest', document.place, undefined, document.allowed);
    return;
  }
  const { data } = document;
  if (data === null) {
    return;
  }
  const list = isObject(data) ? lists.get(data['kind']) : undefined;
  if (!isObject(data) || list === undefined) {
    addObject(data, origin, undefined, into);
  } else if (data['apiVersion'] !== list.apiVersion) {
    const kind = String(data['kind']);
    into.reject(origin, kind, 'apiVersion', data['apiVersion'], `must be ${list.apiVersion}`);
  } else {
    addItems(data['items'], origin, list.itemKind, into);
  }
}

function addItems(
  items: unknown,
  origin: string,
  itemKind: Kind | undefined,
  into: Collector,
): void {
  if (items === null || items === undefined) {
    return;
  }
  if (!Array.isArray(items)) {
    into.reject(origin, 'manifest', 'items', items, 'must be a list');
    return;
  }
  items.forEach((item: unknown, index) => {
    addObject(item, `${origin}, items[${index}]`, itemKind, into);
  });
}

/** `impliedKind`: the kind of the items of a typed list, which need not name it. */
function addObject(
  raw: unknown,
  origin: string,
  impliedKind: Kind | undefined,
  into: Collector,
): void {
  if (!isObject(raw)) {
    into.reject(origin, 'manifest', '', raw, 'must be a Kubernetes object with kind and metadata');
    return;
  }
  const allowedKinds = impliedKind === undefined ? kinds : [impliedKind];
  const kind = allowedKinds.find((allowed) => allowed === (raw['kind'] ?? impliedKind));
  if (kind === undefined) {
    const allowed = impliedKind ?? formatWords([...kinds, 'a List of these']);
    into.reject(origin, 'manifest', 'kind', raw['kind'], `must be ${allowed}`);
    return;
  }
  const apiVersion = raw['apiVersion'] ?? (impliedKind && apiVersions[impliedKind]);
  if (apiVersion !== apiVersions[kind]) {
    const allowed = `must be ${apiVersions[kind]}`;
    into.reject(origin, describeObject(kind, raw), 'apiVersion', apiVersion, allowed);
    addUnusable(kind, raw, into);
    return;
  }
  addParsed(kind, raw, origin, into);
}

function addParsed(kind: Kind, raw: unknown, origin: string, into: Collector): void {
  const { object, problems } = parseObject(kind, raw, origin);
  into.problems.push(...problems);
  if (object !== undefined) {
    into.objects.push(object);
  } else if (problems.length > 0) {
    addUnusable(kind, raw, into);
  }
}

function addUnusable(kind: Kind, raw: unknown, into: Collector): void {
  const id = idOf(kind, raw);
  if (id !== undefined) {
    into.unusable.push(id);
  }
}

function parseObject(
  kind: Kind,
  raw: unknown,
  origin: string,
): { readonly object: ManifestObject | undefined; readonly problems: readonly Problem[] } {
  const id = idOf(kind, raw) ?? '';
  switch (kind) {
    case 'Service':
      return build(parseService(raw, origin), (value) => ({ id, origin, kind, value }));
    case 'EndpointSlice':
      return build(parseEndpointSlice(raw, origin), (value) => ({ id, origin, kind, value }));
    case 'Node':
      return build(parseNode(raw, origin), (value) => ({ id, origin, kind, value }));
  }
}

function build<T>(
  parsed: Parsed<T>,
  wrap: (value: T) => ManifestObject,
): { readonly object: ManifestObject | undefined; readonly problems: readonly Problem[] } {
  const object = parsed.value === undefined ? undefined : wrap(parsed.value);
  return { object, problems: parsed.problems };
}

function idOf(kind: Kind, raw: unknown): string | undefined {
  return identify(kind, raw) === undefined ? undefined : describeObject(kind, raw);
}
