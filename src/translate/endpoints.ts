import type { Endpoint, EndpointSlice, ServicePort } from '../cluster/objects.ts';
import { formatEndpoint, type IpFamily } from '../net/ip-address.ts';
import type { Place } from './place.ts';

/** An endpoint of one Service port: an address with the target port that its slice gives. */
export interface PortEndpoint {
  readonly endpoint: Endpoint;
  readonly targetPort: number;
}

/**
 * All endpoints of a Service port in one family, by address and target port. The same one in
 * several slices counts once, in its best condition: while an endpoint moves between
 * slices, the stale half must not take it out.
 */
export function endpointsOfPort(
  port: ServicePort,
  family: IpFamily,
  slices: readonly EndpointSlice[],
): readonly PortEndpoint[] {
  let endpoints: readonly PortEndpoint[] = noEndpoints;
  for (const slice of slices) {
    const targetPort = targetPortOf(port, family, slice);
    if (targetPort !== undefined) {
      const more = atPort(slice.endpoints, targetPort);
      endpoints = endpoints.length === 0 ? more : endpoints.concat(more);
    }
  }
  return areFewAndDistinct(endpoints) ? endpoints : bestOfEach(endpoints);
}

const noEndpoints: readonly PortEndpoint[] = [];

function atPort(endpoints: readonly Endpoint[], targetPort: number): readonly PortEndpoint[] {
  return endpoints.map((endpoint) => ({ endpoint, targetPort }));
}

/** Up to so many endpoints are compared with each other faster than by their keys. */
const fewEndpoints = 16;

function areFewAndDistinct(endpoints: readonly PortEndpoint[]): boolean {
  if (endpoints.length > fewEndpoints) {
    return false;
  }
  for (let index = 1; index < endpoints.length; index += 1) {
    const address = endpoints[index]?.endpoint.address;
    for (let other = 0; other < index; other += 1) {
      if (address !== undefined && endpoints[other]?.endpoint.address.equals(address) === true) {
        return false;
      }
    }
  }
  return true;
}

/** Each address and target port once, in its best condition, in the order of first mention. */
function bestOfEach(endpoints: readonly PortEndpoint[]): PortEndpoint[] {
  const best = new Map<string, PortEndpoint>();
  for (const portEndpoint of endpoints) {
    const { endpoint, targetPort } = portEndpoint;
    const key = formatEndpoint(endpoint.address, targetPort);
    const known = best.get(key);
    if (known === undefined || fitness(endpoint) > fitness(known.endpoint)) {
      best.set(key, portEndpoint);
    }
  }
  return [...best.values()];
}

/**
 * The endpoints that cluster-wide traffic goes to: the ready ones that the topology hints
 * leave, or, where none is ready, those that still serve while they terminate (KEP-1669), for
 * which the hints do not count.
 */
export function clusterEndpoints(
  endpoints: readonly PortEndpoint[],
  place: Place,
): readonly PortEndpoint[] {
  const ready = endpoints.every(isReady) ? endpoints : endpoints.filter(isReady);
  return ready.length > 0 ? nearest(ready, place) : endpoints.filter(servesWhileTerminating);
}

/** The endpoints that traffic of policy Local goes to: this node's, chosen by the same rule. */
export function localEndpoints(
  endpoints: readonly PortEndpoint[],
  place: Place,
): readonly PortEndpoint[] {
  const local = endpoints.filter(({ endpoint }) => endpoint.nodeName === place.nodeName);
  const ready = local.filter(isReady);
  return ready.length > 0 ? ready : local.filter(servesWhileTerminating);
}

/**
 * Topology hints: first those for this node (same-node preference), then those for its zone.
 * They count only where every ready endpoint has one and one of them is for us (KEP-2433,
 * KEP-3015).
 */
function nearest(ready: readonly PortEndpoint[], place: Place): readonly PortEndpoint[] {
  const { nodeName, zone } = place;
  return (
    (ready.every(hasNodeHint) ? hintedFor(ready, nodeName, nodeHints) : undefined) ??
    (ready.every(hasZoneHint) ? hintedFor(ready, zone, zoneHints) : undefined) ??
    ready
  );
}

function hasNodeHint({ endpoint }: PortEndpoint): boolean {
  return endpoint.hintedNodes.length > 0;
}

function hasZoneHint({ endpoint }: PortEndpoint): boolean {
  return endpoint.hintedZones.length > 0;
}

function nodeHints({ hintedNodes }: Endpoint): readonly string[] {
  return hintedNodes;
}

function zoneHints({ hintedZones }: Endpoint): readonly string[] {
  return hintedZones;
}

function hintedFor(
  ready: readonly PortEndpoint[],
  here: string | undefined,
  hintsOf: (endpoint: Endpoint) => readonly string[],
): readonly PortEndpoint[] | undefined {
  if (here === undefined) {
    return undefined;
  }
  const hinted = ready.filter(({ endpoint }) => hintsOf(endpoint).includes(here));
  return hinted.length > 0 ? hinted : undefined;
}

/** A port of a slice belongs to the Service port of the same name and protocol. */
function targetPortOf(
  port: ServicePort,
  family: IpFamily,
  slice: EndpointSlice,
): number | undefined {
  if (slice.family !== family) {
    return undefined;
  }
  return slice.ports.find(({ name, protocol }) => name === port.name && protocol === port.protocol)
    ?.port;
}

function isReady({ endpoint }: PortEndpoint): boolean {
  return endpoint.ready;
}

function servesWhileTerminating({ endpoint }: PortEndpoint): boolean {
  return endpoint.serving && endpoint.terminating;
}

function fitness(endpoint: Endpoint): number {
  if (endpoint.ready) {
    return 3;
  }
  if (endpoint.serving) {
    return endpoint.terminating ? 2 : 1;
  }
  return 0;
}
