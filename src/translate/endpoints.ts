import type { Endpoint, EndpointSlice, ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Place } from './place.ts';

/**
 * Endpoints of one Service port that have the same target port, as all of a slice have: one at least.
 * They are kept together, since an object for each would be made with each change of any of them.
 */
export interface PortEndpoints {
  readonly targetPort: number;
  readonly endpoints: readonly Endpoint[];
}

const none: readonly PortEndpoints[] = [];

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
  let all = none;
  for (let index = 0; index < slices.length; index += 1) {
    const slice = slices[index];
    const targetPort = slice === undefined ? undefined : targetPortOf(port, family, slice);
    if (slice !== undefined && targetPort !== undefined && slice.endpoints.length > 0) {
      const { endpoints } = slice;
      all = all.length === 0 ? [{ targetPort, endpoints }] : [...all, { targetPort, endpoints }];
    }
  }
  return areFewAndDistinct(all) ? all : bestOfEach(all);
}

/** Up to so many endpoints are compared with each other faster than by their keys. */
const fewEndpoints = 16;

/** Nearly each Service has one slice of a family. */
function areFewAndDistinct(all: readonly PortEndpoints[]): boolean {
  const endpoints = all[0]?.endpoints ?? [];
  if (all.length > 1 || endpoints.length > fewEndpoints) {
    return false;
  }
  let index = 1;
  while (index < endpoints.length && !isRepeated(endpoints, index)) {
    index += 1;
  }
  return index >= endpoints.length;
}

/** Whether an endpoint has the address of one before it. */
function isRepeated(endpoints: readonly Endpoint[], index: number): boolean {
  const address = endpoints[index]?.address;
  for (let other = 0; other < index; other += 1) {
    const before = endpoints[other]?.address;
    // Addresses mostly differ in their first word, and each pair of them comes by here.
    if (address !== undefined && before?.word0 === address.word0 && before.equals(address)) {
      return true;
    }
  }
  return false;
}

/** Each address and target port once, in its best condition, in the order of first mention. */
function bestOfEach(all: readonly PortEndpoints[]): readonly PortEndpoints[] {
  const byPort = new Map<number, Map<string, Endpoint>>();
  for (const { targetPort, endpoints } of all) {
    const best = byPort.get(targetPort) ?? new Map<string, Endpoint>();
    byPort.set(targetPort, best);
    for (const endpoint of endpoints) {
      const { text } = endpoint.address;
      const known = best.get(text);
      if (known === undefined || fitness(endpoint) > fitness(known)) {
        best.set(text, endpoint);
      }
    }
  }
  return Array.from(byPort, ([targetPort, best]) => ({
    targetPort,
    endpoints: [...best.values()],
  }));
}

/** Whether all endpoints are as asked for. */
function areAll(
  all: readonly PortEndpoints[],
  predicate: (endpoint: Endpoint) => boolean,
): boolean {
  let index = 0;
  while (index < all.length && all[index]?.endpoints.every(predicate) === true) {
    index += 1;
  }
  return index === all.length;
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
  // By index: a function within would be made for each change of an endpoint.
  const { ports } = slice;
  for (let index = 0; index < ports.length; index += 1) {
    const there = ports[index];
    if (there?.name === port.name && there.protocol === port.protocol) {
      return there.port;
    }
  }
  return undefined;
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
