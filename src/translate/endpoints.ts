import type { Endpoint, EndpointSlice, ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { EndpointFate, HintTarget } from './decisions.ts';
import type { EndpointNotes, GatheringNotes, PortEndpoints } from './endpoint-notes.ts';
import type { NodeFacts } from './node-facts.ts';

export type { PortEndpoints } from './endpoint-notes.ts';

/** The port of a real server that is reached at the port which the client has chosen. */
export const anyPort = 0;

const notReady: EndpointFate = { kind: 'not ready' };
const terminating: EndpointFate = { kind: 'terminating while others are ready' };
const onAnotherNode: EndpointFate = { kind: 'on another node' };
const anotherFamily: EndpointFate = { kind: 'another family' };

/**
 * All endpoints of a Service port in one family, by address and target port. The same one in
 * several slices counts once, in its best condition: while an endpoint moves between
 * slices, the stale half must not take it out.
 */
export function endpointsOfPort(
  port: ServicePort,
  family: IpFamily,
  slices: readonly EndpointSlice[],
  notes?: GatheringNotes,
): readonly PortEndpoints[] {
  const byPort = new Map<number, Map<string, Endpoint>>();
  for (const slice of slices) {
    if (slice.family !== family) {
      notes?.wholeSlice(slice, anotherFamily);
      continue;
    }
    const targetPort = targetPortOf(port, slice);
    if (targetPort === undefined) {
      notes?.wholeSlice(slice, { kind: 'no such port', ports: slice.ports });
    } else {
      const best = byPort.get(targetPort) ?? new Map<string, Endpoint>();
      byPort.set(targetPort, best);
      addBest(best, slice, targetPort, notes);
    }
  }
  notes?.end();
  const all: PortEndpoints[] = [];
  for (const [targetPort, best] of byPort) {
    if (best.size > 0) {
      all.push({ targetPort, endpoints: [...best.values()] });
    }
  }
  return all;
}

/** The same endpoints for whatever port: each address once, in its best condition. */
export function anyPortOf(all: readonly PortEndpoints[]): readonly PortEndpoints[] {
  const best = new Map<string, Endpoint>();
  for (const endpoint of all.flatMap(({ endpoints }) => endpoints)) {
    const known = best.get(endpoint.address.text);
    if (known === undefined || fitness(endpoint) > fitness(known)) {
      best.set(endpoint.address.text, endpoint);
    }
  }
  return best.size === 0 ? [] : [{ targetPort: anyPort, endpoints: [...best.values()] }];
}

/** Takes each address once, in its best condition, in the order of first mention. */
function addBest(
  best: Map<string, Endpoint>,
  { name, endpoints }: EndpointSlice,
  targetPort: number,
  notes: GatheringNotes | undefined,
): void {
  for (const endpoint of endpoints) {
    const { text } = endpoint.address;
    const known = best.get(text);
    if (known === undefined || fitness(endpoint) > fitness(known)) {
      best.set(text, endpoint);
      notes?.counts({ endpoint, targetPort, slice: name }, known);
    } else {
      notes?.repeats({ endpoint, targetPort, slice: name });
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
  node: NodeFacts,
  notes?: EndpointNotes,
): readonly PortEndpoints[] {
  const ready = readyOf(all, notes);
  if (ready === undefined) {
    return thoseThatTerminate(all, notes);
  }
  const chosen = nearest(ready, node, notes);
  notes?.used(chosen, 'ready');
  return chosen;
}

/** The endpoints that traffic of policy Local goes to: this node's, chosen by the same rule. */
export function localEndpoints(
  all: readonly PortEndpoints[],
  node: NodeFacts,
  notes?: EndpointNotes,
): readonly PortEndpoints[] {
  const local = chosenOf(all, ({ nodeName }) => nodeName === node.nodeName);
  notes?.leftOut(all, local, () => onAnotherNode);
  const ready = readyOf(local, notes);
  if (ready === undefined) {
    return thoseThatTerminate(local, notes);
  }
  notes?.used(ready, 'ready');
  return ready;
}

/** The ready ones; undefined where none is. */
function readyOf(
  all: readonly PortEndpoints[],
  notes: EndpointNotes | undefined,
): readonly PortEndpoints[] | undefined {
  const ready = chosenOf(all, isReady);
  if (ready.length === 0) {
    return undefined;
  }
  notes?.leftOut(all, ready, (endpoint) =>
    servesWhileTerminating(endpoint) ? terminating : notReady,
  );
  return ready;
}

function thoseThatTerminate(
  all: readonly PortEndpoints[],
  notes: EndpointNotes | undefined,
): readonly PortEndpoints[] {
  const chosen = chosenOf(all, servesWhileTerminating);
  notes?.leftOut(all, chosen, () => notReady);
  notes?.used(chosen, 'terminating and none is ready');
  return chosen;
}

/**
 * Topology hints: first those for this node (same-node preference), then those for its zone.
 * They count only where every ready endpoint has one and one of them is for us (KEP-2433,
 * KEP-3015).
 */
function nearest(
  ready: readonly PortEndpoints[],
  node: NodeFacts,
  notes: EndpointNotes | undefined,
): readonly PortEndpoints[] {
  const { nodeName, zone } = node;
  const onNode = areAll(ready, hasNodeHint) ? hintedFor(ready, nodeName, nodeHints) : undefined;
  if (onNode !== undefined) {
    notes?.leftOut(ready, onNode, (endpoint) => hintedTo('node', nodeHints(endpoint)));
    return onNode;
  }
  const inZone = areAll(ready, hasZoneHint) ? hintedFor(ready, zone, zoneHints) : undefined;
  if (inZone !== undefined) {
    notes?.leftOut(ready, inZone, (endpoint) => hintedTo('zone', zoneHints(endpoint)));
    return inZone;
  }
  return ready;
}

function hintedTo(to: HintTarget, names: readonly string[]): EndpointFate {
  return { kind: 'hinted elsewhere', to, names };
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

/** The target port of a Service port in a slice: that of the same name and protocol, if it has one. */
function targetPortOf(port: ServicePort, slice: EndpointSlice): number | undefined {
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
