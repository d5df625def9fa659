import type { Endpoint, EndpointSlice, ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Place } from './place.ts';

/** Endpoints of one Service port that have the same target port: one at least. */
export interface PortEndpoints {
  readonly targetPort: number;
  readonly endpoints: readonly Endpoint[];
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
): readonly PortEndpoints[] {
  const byPort = new Map<number, Map<string, Endpoint>>();
  for (const slice of slices) {
    const targetPort = targetPortOf(port, family, slice);
    if (targetPort !== undefined) {
      const best = byPort.get(targetPort) ?? new Map<string, Endpoint>();
      byPort.set(targetPort, best);
      addBest(best, slice.endpoints);
    }
  }
  return Array.from(byPort, ([targetPort, best]) => ({
    targetPort,
    endpoints: [...best.values()],
  })).filter(({ endpoints }) => endpoints.length > 0);
}

/** Takes each address once, in its best condition, in the order of first mention. */
function addBest(best: Map<string, Endpoint>, endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) {
    const { text } = endpoint.address;
    const known = best.get(text);
    if (known === undefined || fitness(endpoint) > fitness(known)) {
      best.set(text, endpoint);
    }
  }
}

/** Whether all endpoints are as asked for. */
function areAll(
  all: readonly PortEndpoints[],
  predicate: (endpoint: Endpoint) => boolean,
): boolean {
  return all.every(({ endpoints }) => endpoints.every(predicate));
}

/** The endpoints that are as asked for; the same list where all are. */
export function chosenOf(
  all: readonly PortEndpoints[],
  predicate: (endpoint: Endpoint) => boolean,
): readonly PortEndpoints[] {
  if (areAll(all, predicate)) {
    return all;
  }
  return all
    .map(({ targetPort, endpoints }) => ({ targetPort, endpoints: endpoints.filter(predicate) }))
    .filter(({ endpoints }) => endpoints.length > 0);
}

/**
 * The endpoints that cluster-wide traffic goes to: the ready ones that the topology hints
 * leave, or, where none is ready, those that still serve while they terminate (KEP-1669), for
 * which the hints do not count.
 */
export function clusterEndpoints(
  all: readonly PortEndpoints[],
  place: Place,
): readonly PortEndpoints[] {
  const ready = chosenOf(all, isReady);
  return ready.length > 0 ? nearest(ready, place) : chosenOf(all, servesWhileTerminating);
}

/** The endpoints that traffic of policy Local goes to: this node's, chosen by the same rule. */
export function localEndpoints(
  all: readonly PortEndpoints[],
  place: Place,
): readonly PortEndpoints[] {
  const local = chosenOf(all, ({ nodeName }) => nodeName === place.nodeName);
  const ready = chosenOf(local, isReady);
  return ready.length > 0 ? ready : chosenOf(local, servesWhileTerminating);
}

/**
 * Topology hints: first those for this node (same-node preference), then those for its zone.
 * They count only where every ready endpoint has one and one of them is for us (KEP-2433,
 * KEP-3015).
 */
function nearest(ready: readonly PortEndpoints[], place: Place): readonly PortEndpoints[] {
  const { nodeName, zone } = place;
  return (
    (areAll(ready, hasNodeHint) ? hintedFor(ready, nodeName, nodeHints) : undefined) ??
    (areAll(ready, hasZoneHint) ? hintedFor(ready, zone, zoneHints) : undefined) ??
    ready
  );
}

function hasNodeHint({ hintedNodes }: Endpoint): boolean {
  return hintedNodes.length > 0;
}

function hasZoneHint({ hintedZones }: Endpoint): boolean {
  return hintedZones.length > 0;
}

function nodeHints({ hintedNodes }: Endpoint): readonly string[] {
  return hintedNodes;
}

function zoneHints({ hintedZones }: Endpoint): readonly string[] {
  return hintedZones;
}

function hintedFor(
  ready: readonly PortEndpoints[],
  here: string | undefined,
  hintsOf: (endpoint: Endpoint) => readonly string[],
): readonly PortEndpoints[] | undefined {
  if (here === undefined) {
    return undefined;
  }
  const hinted = chosenOf(ready, (endpoint) => hintsOf(endpoint).includes(here));
  return hinted.length > 0 ? hinted : undefined;
}

/**
 * The target port of a Service port in a slice: that of the same name and protocol. Undefined where the
 * slice has none, or is of another family.
 */
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

function isReady({ ready }: Endpoint): boolean {
  return ready;
}

function servesWhileTerminating({ serving, terminating }: Endpoint): boolean {
  return serving && terminating;
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
