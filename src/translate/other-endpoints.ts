import type { EndpointSlice, Service, ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { RealServer, Translation, VirtualServer } from './desired.ts';
import { endpointsOfPort } from './endpoints.ts';
import { familiesOf } from './front-ends.ts';
import type { Place } from './place.ts';
import { EndpointGuard } from './refused-endpoints.ts';
import { realServersInside } from './routes.ts';
import { hairpinMembers, serviceMembers } from './set-members.ts';
import { sharedMembers, type SetMember } from './set-member.ts';

/**
 * What `translateService` answers for the same Service, place and settings as `before`, with other
 * slices: by far the most changes are of this kind, and nothing but real servers comes of them.
 * Undefined where more than that may change: the Service is reached from outside, has problems or
 * a front end that has real servers on one side of the change alone.
 */
export function withOtherEndpoints(
  service: Service,
  slices: readonly EndpointSlice[],
  place: Place,
  before: Translation,
): Translation | undefined {
  const families = familiesOf(service);
  const isSimple =
    before.problems.length === 0 &&
    before.virtualServers.length === service.ports.length * families.length &&
    isReachedInsideAlone(service, families);
  if (!isSimple) {
    return undefined;
  }
  const guard = new EndpointGuard(place);
  // A copy to be changed: a list that grows takes more memory, and garbage is what is dear here.
  const virtualServers = before.virtualServers.slice();
  let hairpins = noMembers;
  for (let index = 0; index < virtualServers.length; index += 1) {
    const row = virtualServers[index];
    const port = service.ports[Math.floor(index / families.length)];
    const family = families[index % families.length];
    if (row === undefined || port === undefined || family === undefined) {
      return undefined;
    }
    const endpoints = guard.admitted(endpointsOfPort(port, family, slices));
    const realServers = realServersInside(service, endpoints, place, row.realServers);
    if (isEmpty(row, realServers)) {
      return undefined;
    }
    virtualServers[index] = withRealServers(row, realServers);
    const found = hairpinMembers(port.protocol, endpoints, place);
    hairpins = found.length === 0 ? hairpins : [...hairpins, ...found];
  }
  return guard.hasRefused
    ? undefined
    : {
        virtualServers,
        boundAddresses: before.boundAddresses,
        members: membersWith(hairpins, before),
        healthCheck: undefined,
        problems: before.problems,
      };
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
function isEmpty(row: VirtualServer, realServers: ReadonlyMap<string, RealServer>): boolean {
  return row.realServers.size === 0 || realServers.size === 0;
}

/** One literal: all rows have one shape in memory. */
function withRealServers(
  row: VirtualServer,
  realServers: ReadonlyMap<string, RealServer>,
): VirtualServer {
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
