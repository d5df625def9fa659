import type { EndpointSlice, Service, ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Translation, VirtualServer } from './desired.ts';
import { endpointsOfPort } from './endpoints.ts';
import { afterFewChanges, type SlicesChange } from './few-changed-endpoints.ts';
import { familiesOf } from './front-ends.ts';
import type { Place } from './place.ts';
import type { RealServers } from './real-servers.ts';
import { EndpointGuard } from './refused-endpoints.ts';
import { realServersInside } from './routes.ts';
import { hairpinMembers, serviceMembers } from './set-members.ts';
import { sharedMembers, type SetMember } from './set-member.ts';

/**
 * What `translateService` answers for the same Service, place and settings as `before`, with other
 * slices: by far the most changes are of this kind, and nothing but real servers comes of them. With
 * the slices of before, where none of their endpoints has become a VIP since, those that stay are not
 * looked at. Undefined where more than that may change: the Service is reached from outside, has
 * problems or a front end that has real servers on one side of the change alone.
 */
export function withOtherEndpoints(
  service: Service,
  slices: readonly EndpointSlice[],
  place: Place,
  before: Translation,
  slicesBefore?: readonly EndpointSlice[],
): Translation | undefined {
  const families = familiesOf(service);
  const isSimple =
    before.problems.length === 0 &&
    before.virtualServers.length === service.ports.length * families.length &&
    isReachedInsideAlone(service, families);
  if (!isSimple) {
    return undefined;
  }
  const few =
    slicesBefore === undefined
      ? undefined
      : byFewChanges(service, { before: slicesBefore, after: slices }, place, before);
  return few ?? byAllEndpoints(service, slices, place, before);
}

function byFewChanges(
  service: Service,
  change: SlicesChange,
  place: Place,
  before: Translation,
): Translation | undefined {
  const virtualServers =
    service.internalTrafficPolicy === 'Cluster'
      ? rowsWith(service, before, (port, family, realServers) =>
          afterFewChanges(port, family, change, place, realServers),
        )
      : undefined;
  return virtualServers && withRows(virtualServers, before.members, before);
}

function byAllEndpoints(
  service: Service,
  slices: readonly EndpointSlice[],
  place: Place,
  before: Translation,
): Translation | undefined {
  const guard = new EndpointGuard(place);
  let hairpins = noMembers;
  const virtualServers = rowsWith(service, before, (port, family, realServersBefore) => {
    const endpoints = guard.admitted(endpointsOfPort(port, family, slices));
    const found = hairpinMembers(port.protocol, endpoints, place);
    hairpins = found.length === 0 ? hairpins : [...hairpins, ...found];
    return realServersInside(service, endpoints, place, realServersBefore);
  });
  return virtualServers === undefined || guard.hasRefused
    ? undefined
    : withRows(virtualServers, membersWith(hairpins, before), before);
}

/**
 * The rows of before with the real servers that are answered for each of them; undefined where there is
 * none of these, or one has real servers on one side alone.
 */
function rowsWith(
  service: Service,
  { virtualServers: before }: Translation,
  realServersOf: (
    port: ServicePort,
    family: IpFamily,
    before: RealServers,
  ) => RealServers | undefined,
): readonly VirtualServer[] | undefined {
  // Each port has one for each family, and one cluster IP for each.
  const rowsOfPort = service.clusterIPs.length;
  // A copy to be changed: a list that grows takes more memory, and garbage is what is dear here.
  const virtualServers = before.slice();
  for (let index = 0; index < virtualServers.length; index += 1) {
    const row = virtualServers[index];
    const port = service.ports[Math.floor(index / rowsOfPort)];
    if (row === undefined || port === undefined) {
      return undefined;
    }
    const realServers = realServersOf(port, row.address.family, row.realServers);
    if (realServers === undefined || isEmpty(row, realServers)) {
      return undefined;
    }
    virtualServers[index] = withRealServers(row, realServers);
  }
  return virtualServers;
}

function withRows(
  virtualServers: readonly VirtualServer[],
  members: readonly SetMember[],
  { boundAddresses, problems }: Translation,
): Translation {
  return { virtualServers, boundAddresses, members, healthCheck: undefined, problems };
}

const noMembers: readonly SetMember[] = [];

/** Then there is one row for each port and family, and nobody is told about its endpoints. */
function isReachedInsideAlone(
  { clusterIPs, externalIPs, loadBalancerIPs, healthCheckNodePort, ports }: Service,
  families: readonly IpFamily[],
): boolean {
  return (
    clusterIPs.length === families.length &&
    externalIPs.length === 0 &&
    loadBalancerIPs.length === 0 &&
    healthCheckNodePort === undefined &&
    ports.every(hasNoNodePort)
  );
}

function hasNoNodePort({ nodePort }: ServicePort): boolean {
  return nodePort === undefined;
}

/** Which set a front end is in depends on whether it has real servers, and on no more. */
function isEmpty(row: VirtualServer, realServers: RealServers): boolean {
  return row.realServers.size === 0 || realServers.size === 0;
}

/** One literal: all rows have one shape in memory. */
function withRealServers(row: VirtualServer, realServers: RealServers): VirtualServer {
  return realServers === row.realServers
    ? row
    : {
        protocol: row.protocol,
        address: row.address,
        port: row.port,
        scheduler: row.scheduler,
        schedulerFlags: row.schedulerFlags,
        persistenceSeconds: row.persistenceSeconds,
        drainTimeoutMs: row.drainTimeoutMs,
        members: row.members,
        realServers,
      };
}

function membersWith(
  hairpins: readonly SetMember[],
  { boundAddresses, members }: Translation,
): readonly SetMember[] {
  return hairpins.length === 0 && members.length === boundAddresses.length
    ? members
    : sharedMembers([...serviceMembers(boundAddresses, undefined), ...hairpins], members);
}
