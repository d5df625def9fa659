import type { Endpoint, EndpointSlice, ServicePort } from '../cluster/objects.ts';
import { sameAtFirst } from '../cluster/shared-slice.ts';
import { formatEndpoint, type IpFamily } from '../net/ip-address.ts';
import type { RealServer } from './desired.ts';
import { targetPortOf } from './endpoints.ts';
import type { Place } from './place.ts';
import { realServerAt, type RealServers } from './real-servers.ts';
import { reasonAgainst } from './refused-endpoints.ts';

/** The slices of a Service before and after they changed. */
export interface SlicesChange {
  readonly before: readonly EndpointSlice[];
  readonly after: readonly EndpointSlice[];
}

/**
 * The real servers of a Service port in one family, from those `before`, by the endpoints alone that came
 * to its slice or left it; nothing is looked at that has stayed. For policy Cluster, and for the same
 * place. Undefined where this way is not enough to tell: then all endpoints have to be looked at.
 *
 * It is enough where each endpoint of the slice was a real server, so that all of them are distinct and
 * may get traffic, and where one of them stays that is ready and has no topology hint: then the ready
 * ones get the traffic, and hints do not count (KEP-1669, KEP-2433). Endpoints of this node are in a set
 * as well, and left to the other way.
 */
export function afterFewChanges(
  port: ServicePort,
  family: IpFamily,
  change: SlicesChange,
  place: Place,
  before: RealServers,
): RealServers | undefined {
  const slice = onlySliceOf(family, change.after);
  const sliceBefore = onlySliceOf(family, change.before);
  if (slice === undefined || slice.ports !== sliceBefore?.ports) {
    return undefined;
  }
  const targetPort = targetPortOf(port, family, slice);
  const areAllRealServers = before.size === sliceBefore.endpoints.length;
  const changed = changedParts(sliceBefore.endpoints, slice.endpoints);
  if (targetPort === undefined || !areAllRealServers || !isReadyWithoutHints(changed.kept)) {
    return undefined;
  }
  const realServers = copyOf(before);
  const isEnough =
    removeGone(realServers, sliceBefore, changed, targetPort, place) &&
    addNew(realServers, slice, changed, targetPort, place, before);
  if (!isEnough) {
    return undefined;
  }
  return isSame(realServers, slice, changed, targetPort, before) ? before : realServers;
}

/** By hand: `new Map` makes a list of two for each entry. */
function copyOf(before: RealServers): Map<string, RealServer> {
  const copy = new Map<string, RealServer>();
  before.forEach((realServer, key) => {
    copy.set(key, realServer);
  });
  return copy;
}

/** Answers whether that was possible. */
function removeGone(
  realServers: Map<string, RealServer>,
  { endpoints }: EndpointSlice,
  { from, endBefore }: ChangedParts,
  targetPort: number,
  { nodeName }: Place,
): boolean {
  for (let index = from; index < endBefore; index += 1) {
    const endpoint = endpoints[index];
    if (endpoint === undefined || endpoint.nodeName === nodeName) {
      return false;
    }
    realServers.delete(formatEndpoint(endpoint.address, targetPort));
  }
  return true;
}

/** Answers whether that was possible. Those that are not ready get no traffic. */
function addNew(
  realServers: Map<string, RealServer>,
  { endpoints }: EndpointSlice,
  { from, end }: ChangedParts,
  targetPort: number,
  place: Place,
  before: RealServers,
): boolean {
  for (let index = from; index < end; index += 1) {
    const endpoint = endpoints[index];
    const key = endpoint === undefined ? '' : formatEndpoint(endpoint.address, targetPort);
    if (endpoint === undefined || !isPlain(endpoint, place) || realServers.has(key)) {
      return false;
    }
    if (endpoint.ready) {
      realServers.set(key, before.get(key) ?? realServerAt(endpoint.address, targetPort));
    }
  }
  return true;
}

/** Nearly each Service has one slice of a family: in several an endpoint may be repeated. */
function onlySliceOf(
  family: IpFamily,
  slices: readonly EndpointSlice[],
): EndpointSlice | undefined {
  let only: EndpointSlice | undefined;
  for (let index = 0; index < slices.length; index += 1) {
    const slice = slices[index];
    if (slice?.family === family) {
      if (only !== undefined) {
        return undefined;
      }
      only = slice;
    }
  }
  return only;
}

/**
 * What differs between two lists: before `from` they are the same, and behind `endBefore` in one and `end`
 * in the other.
 */
interface ChangedParts {
  readonly from: number;
  readonly endBefore: number;
  readonly end: number;
  /** One that is in both; undefined where none is. */
  readonly kept: Endpoint | undefined;
}

function changedParts(before: readonly Endpoint[], after: readonly Endpoint[]): ChangedParts {
  const from = sameAtFirst(before, after);
  let endBefore = before.length;
  let end = after.length;
  while (endBefore > from && end > from && before[endBefore - 1] === after[end - 1]) {
    endBefore -= 1;
    end -= 1;
  }
  return { from, endBefore, end, kept: from > 0 ? after[0] : after[end] };
}

function isReadyWithoutHints(endpoint: Endpoint | undefined): boolean {
  return (
    endpoint?.ready === true &&
    endpoint.hintedNodes.length === 0 &&
    endpoint.hintedZones.length === 0
  );
}

/** Whether an endpoint may get traffic, and is on another node. */
function isPlain({ address, nodeName }: Endpoint, place: Place): boolean {
  return nodeName !== place.nodeName && reasonAgainst(address, place) === undefined;
}

/** Whether what was added is what was taken away, and its real servers the same. */
function isSame(
  realServers: RealServers,
  { endpoints }: EndpointSlice,
  { from, end }: ChangedParts,
  targetPort: number,
  before: RealServers,
): boolean {
  let same = realServers.size === before.size;
  for (let index = from; same && index < end; index += 1) {
    const endpoint = endpoints[index];
    same = endpoint?.ready !== true || before.has(formatEndpoint(endpoint.address, targetPort));
  }
  return same;
}
