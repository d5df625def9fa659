import type { RealServers } from '../kernel/ipvs/model.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Endpoint, Service } from '../cluster/objects.ts';
import { Cidr } from '../net/cidr.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { HealthCheck } from './desired.ts';
import type { PortEndpoints } from './endpoints.ts';
import type { FrontEnd } from './front-end.ts';
import type { NodeFacts } from './node-facts.ts';
import type { FilterMember } from '../kernel/packet-filter/filter-member.ts';
import type { FrontEndRole } from '../kernel/packet-filter/front-end-role.ts';

/** A front end with where its connections go. */
export interface ServedFrontEnd {
  readonly frontEnd: FrontEnd;
  readonly protocol: Protocol;
  readonly realServers: RealServers;
  /** Whether an endpoint on this node gets its connections. */
  readonly servedHere: boolean;
}

/** What a front end wants in the sets that masquerade and filter. */
export function frontEndMembers(
  service: Service,
  served: ServedFrontEnd,
  node: NodeFacts,
): readonly FilterMember[] {
  const { frontEnd, protocol } = served;
  const endpoint = {
    kind: 'endpoint',
    address: frontEnd.address,
    protocol,
    port: frontEnd.port,
  } as const;
  const member = { role: frontEndRole(service, frontEnd.kind, served), entry: endpoint };
  return frontEnd.kind === 'load-balancer IP'
    ? [member, ...sourceRangeMembers(service.loadBalancerSourceRanges, endpoint, node)]
    : [member];
}

/** What a Service wants in the sets besides: its VIPs and its health check. */
export function serviceMembers(
  vips: readonly IpAddress[],
  healthCheck: HealthCheck | undefined,
): readonly FilterMember[] {
  const members: FilterMember[] = [];
  for (const address of vips) {
    members.push({ role: 'vip', entry: { kind: 'address', address } });
  }
  if (healthCheck !== undefined) {
    members.push({ role: 'health', entry: { kind: 'port', port: healthCheck.nodePort } });
  }
  return members;
}

/**
 * The endpoints of one port on this node, in case one of them reaches itself. One with the address
 * of the node is told apart by nothing, and needs no masquerade.
 */
export function hairpinMembers(
  protocol: Protocol,
  all: readonly PortEndpoints[],
  node: NodeFacts,
): readonly FilterMember[] {
  const members: FilterMember[] = [];
  for (const { targetPort: port, endpoints } of all) {
    for (const endpoint of endpoints) {
      if (hasOwnAddressHere(endpoint, node)) {
        const { address } = endpoint;
        const entry = { kind: 'endpoint to itself', address, protocol, port } as const;
        members.push({ role: 'hairpin', entry });
      }
    }
  }
  return members;
}

/** Whether it is an endpoint of this node with an address of its own. */
export function hasOwnAddressHere({ nodeName, address }: Endpoint, node: NodeFacts): boolean {
  return nodeName === node.nodeName && !node.nodeAddresses.has(address.text);
}

/** What becomes of connections to a front end of a kind. */
export function frontEndRole(
  service: Service,
  kind: FrontEnd['kind'],
  { realServers, servedHere }: Pick<ServedFrontEnd, 'realServers' | 'servedHere'>,
): FrontEndRole {
  if (realServers.size === 0) {
    return 'refused';
  }
  if (kind === 'cluster IP') {
    return 'cluster';
  }
  if (service.externalTrafficPolicy === 'Cluster') {
    return 'external';
  }
  return servedHere ? 'local' : 'node-only';
}

/**
 * Everybody outside the ranges is dropped. Packets that the node itself sends to a VIP have that
 * VIP as their source: they are let through where a range holds an address of the node.
 */
function sourceRangeMembers(
  ranges: readonly Cidr[] | undefined,
  endpoint: Extract<FilterMember['entry'], { readonly kind: 'endpoint' }>,
  node: NodeFacts,
): readonly FilterMember[] {
  const sources = admittedSources(ranges, endpoint.address, node);
  if (sources === undefined) {
    return [];
  }
  return [
    { role: 'guarded', entry: endpoint },
    ...sources.map(
      (source) =>
        ({
          role: 'admitted',
          entry: { ...endpoint, kind: 'endpoint and source', source },
        }) as const,
    ),
  ];
}

/** Who may connect to a load-balancer IP; undefined for everybody. None of them holds another one. */
export function admittedSources(
  ranges: readonly Cidr[] | undefined,
  address: IpAddress,
  node: NodeFacts,
): readonly Cidr[] | undefined {
  if (ranges === undefined) {
    return undefined;
  }
  const ofFamily = ranges.filter(({ family }) => family === address.family);
  const holdsNode = ofFamily.some((range) =>
    node.allNodeAddresses.some((one) => range.contains(one)),
  );
  return withoutHeld([...ofFamily, ...(holdsNode ? [Cidr.host(address)] : [])]).flatMap(
    withoutZeroPrefix,
  );
}

/** Those that no other one holds: a set of ranges in nf_tables takes none that overlap. */
function withoutHeld(ranges: readonly Cidr[]): readonly Cidr[] {
  const different = [...new Map(ranges.map((range) => [range.text, range])).values()];
  return different.filter(
    (range) =>
      !different.some(
        (other) => other.prefixLength < range.prefixLength && other.contains(range.network),
      ),
  );
}

/** The kernel's sets take no prefix of length 0: everybody is two halves. */
function withoutZeroPrefix(range: Cidr): readonly Cidr[] {
  return range.prefixLength === 0 ? range.halves() : [range];
}
