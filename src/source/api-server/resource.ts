/** A kind of objects at the API server, and which of them are wanted. */
export interface Resource {
  /** As RBAC rules name it: `endpointslices`. */
  readonly name: string;
  /** The API group; empty for the core one. */
  readonly group: string;
  readonly path: string;
  /** The `kind` of a list of them. */
  readonly listKind: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** The metadata alone: of such a list the `kind` is another one, too. */
  readonly metadataOnly?: true;
}

export type Verb = 'list' | 'watch';

const pageSize = 500;

/** Services that no other proxy claims. */
export const services: Resource = {
  name: 'services',
  group: '',
  path: '/api/v1/services',
  listKind: 'ServiceList',
  labelSelector: '!service.kubernetes.io/service-proxy-name',
};

/** EndpointSlices, without those of headless Services. */
export const endpointSlices: Resource = {
  name: 'endpointslices',
  group: 'discovery.k8s.io',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  listKind: 'EndpointSliceList',
  labelSelector: '!service.kubernetes.io/headless',
};

/** The Node of the name alone. */
export function oneNode(name: string): Resource {
  return {
    name: 'nodes',
    group: '',
    path: '/api/v1/nodes',
    listKind: 'NodeList',
    fieldSelector: `metadata.name=${name}`,
  };
}

/** All Nodes, for their addresses. */
export const allNodes: Resource = {
  name: 'nodes',
  group: '',
  path: '/api/v1/nodes',
  listKind: 'NodeList',
};

/**
 * The metadata of all Nodes, for what annotations and labels say: a tenth of the Nodes themselves
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches).
 */
export const nodeMetadata: Resource = {
  name: 'nodes',
  group: '',
  path: '/api/v1/nodes',
  listKind: 'PartialObjectMetadataList',
  metadataOnly: true,
};

/** The media type of the answer to be asked for. */
export function acceptOf({ metadataOnly }: Resource, verb: Verb): string {
  const kind = verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  return metadataOnly ? `application/json;as=${kind};g=meta.k8s.io;v=v1` : 'application/json';
}

/** Path and query of one page of a list (the first one without a token), or of all of it. */
export function listPath(
  resource: Resource,
  isPaged: boolean,
  continueToken: string | undefined,
): string {
  const query = selectors(resource);
  if (isPaged) {
    query.set('limit', String(pageSize));
  }
  if (continueToken !== undefined) {
    query.set('continue', continueToken);
  }
  return pathWithQuery(resource, query);
}

/** Path and query of a list of one object at most, whichever it is. */
export function oneObjectPath(resource: Resource): string {
  const query = selectors(resource);
  query.set('limit', '1');
  return pathWithQuery(resource, query);
}

/** Path and query of a watch that the server is to end after the time given. */
export function watchPath(resource: Resource, version: string, timeoutSeconds: number): string {
  const query = selectors(resource);
  query.set('watch', 'true');
  query.set('resourceVersion', version);
  query.set('allowWatchBookmarks', 'true');
  query.set('timeoutSeconds', String(timeoutSeconds));
  return pathWithQuery(resource, query);
}

/** `endpointslices in API group discovery.k8s.io`. */
export function describeResource({ name, group }: Resource): string {
  return group === '' ? name : `${name} in API group ${group}`;
}

function pathWithQuery({ path }: Resource, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function selectors({ labelSelector, fieldSelector }: Resource): URLSearchParams {
  return new URLSearchParams({
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
}
