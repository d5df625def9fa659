/** A kind of objects at the API server, and which of them are wanted. */
export interface Resource {
  /** As RBAC rules name it: `endpointslices`. */
  readonly name: string;
  /** The API group; empty for the core one. */
  readonly group: string;
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export type Verb = 'list' | 'watch';

const pageSize = 500;

/** Services that no other proxy claims. */
export const services: Resource = {
  name: 'services',
  group: '',
  path: '/api/v1/services',
  labelSelector: '!service.kubernetes.io/service-proxy-name',
};

/** EndpointSlices, without those of headless Services. */
export const endpointSlices: Resource = {
  name: 'endpointslices',
  group: 'discovery.k8s.io',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  labelSelector: '!service.kubernetes.io/headless',
};

/** The Node of the name alone. */
export function oneNode(name: string): Resource {
  return {
    name: 'nodes',
    group: '',
    path: '/api/v1/nodes',
    fieldSelector: `metadata.name=${name}`,
  };
}

/** Path and query of one page of a list; the first page without a token. */
export function listPath(resource: Resource, continueToken: string | undefined): string {
  const query = selectors(resource);
  query.set('limit', String(pageSize));
  if (continueToken !== undefined) {
    query.set('continue', continueToken);
  }
  return `${resource.path}?${query.toString()}`;
}

/** Path and query of a watch that the server is to end after the time given. */
export function watchPath(resource: Resource, version: string, timeoutSeconds: number): string {
  const query = selectors(resource);
  query.set('watch', 'true');
  query.set('resourceVersion', version);
  query.set('allowWatchBookmarks', 'true');
  query.set('timeoutSeconds', String(timeoutSeconds));
  return `${resource.path}?${query.toString()}`;
}

/** `endpointslices in API group discovery.k8s.io`. */
export function describeResource({ name, group }: Resource): string {
  return group === '' ? name : `${name} in API group ${group}`;
}

function selectors({ labelSelector, fieldSelector }: Resource): URLSearchParams {
  return new URLSearchParams({
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
}
