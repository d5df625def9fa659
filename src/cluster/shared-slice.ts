import type { Endpoint, EndpointPort, EndpointSlice } from './objects.ts';

/**
 * The slice that is held, where the new one says the same. Otherwise the new one, with the ports of the
 * held one, and those endpoints of it, that say the same at the same place: what comes after sees by
 * that what has not changed, without a look at endpoints that nobody has looked at for long.
 */
export function sharedSlice(slice: EndpointSlice, held: EndpointSlice | undefined): EndpointSlice {
  if (held === undefined) {
    return slice;
  }
  const { namespace, name, serviceName, family, triggeredAt } = slice;
  const endpoints = sharedEndpoints(slice.endpoints, held.endpoints);
  const ports = samePorts(slice.ports, held.ports) ? held.ports : slice.ports;
  if (
    endpoints === held.endpoints &&
    triggeredAt === held.triggeredAt &&
    name === held.name &&
    namespace === held.namespace &&
    serviceName === held.serviceName &&
    family === held.family &&
    ports === held.ports
  ) {
    return held;
  }
  return { namespace, name, serviceName, family, triggeredAt, ports, endpoints };
}

/**
 * How many endpoints stand first in both lists, by identity: `sharedSlice` hands on those that have
 * stayed.
 */
export function sameAtFirst(a: readonly Endpoint[], b: readonly Endpoint[]): number {
  const shorter = Math.min(a.length, b.length);
  let same = 0;
  while (same < shorter && a[same] === b[same]) {
    same += 1;
  }
  return same;
}

function sharedEndpoints(
  endpoints: readonly Endpoint[],
  held: readonly Endpoint[],
): readonly Endpoint[] {
  const shared = endpoints.slice();
  let same = 0;
  for (let index = 0; index < held.length; index += 1) {
    const endpoint = shared[index];
    const other = held[index];
    if (endpoint !== undefined && other !== undefined && sameEndpoint(endpoint, other)) {
      shared[index] = other;
      same += 1;
    }
  }
  return same === held.length && same === endpoints.length ? held : shared;
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.address.equals(b.address) &&
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.nodeName === b.nodeName &&
    sameNames(a.hintedZones, b.hintedZones) &&
    sameNames(a.hintedNodes, b.hintedNodes)
  );
}

/** A function within would be made for each endpoint, and there are mostly no names. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  let index = 0;
  while (index < a.length && a[index] === b[index]) {
    index += 1;
  }
  return index === a.length && index === b.length;
}

function samePorts(a: readonly EndpointPort[], b: readonly EndpointPort[]): boolean {
  let index = 0;
  while (index < a.length && samePort(a[index], b[index])) {
    index += 1;
  }
  return index === a.length && index === b.length;
}

function samePort(a: EndpointPort | undefined, b: EndpointPort | undefined): boolean {
  return a?.port === b?.port && a?.protocol === b?.protocol && a?.name === b?.name;
}
