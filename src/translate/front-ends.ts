import type { Service, ServicePort } from '../cluster/objects.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import type { Place } from './place.ts';
import {
  VipGuard,
  type AdmittedVip,
  type ChosenVipKind,
  type VipSettings,
} from './refused-vips.ts';
import type { ServiceProblem } from './service-problem.ts';

/** Which traffic policy counts for connections to a front end. */
export type Traffic = 'internal' | 'external';

export type VipKind = 'cluster IP' | ChosenVipKind;

/** Where a Service port is to be reached: it becomes one virtual server. */
export interface FrontEnd {
  readonly kind: VipKind | 'node port';
  readonly address: IpAddress;
  readonly port: number;
}

/** An address of a Service's own. */
export interface Vip {
  readonly kind: VipKind;
  readonly address: IpAddress;
  /** The TCP ports that are left to an API server, where one runs on this node. */
  readonly apiServerPorts: readonly number[];
}

/** The VIPs of a Service in the families that it has cluster IPs of, each address once. */
export interface Vips {
  readonly vips: readonly Vip[];
  readonly problems: readonly ServiceProblem[];
}

/** Which of the two policies counts for a front end. */
export function trafficOf({ kind }: Pick<FrontEnd, 'kind'>): Traffic {
  return kind === 'cluster IP' ? 'internal' : 'external';
}

/**
 * The VIPs of a Service. Each family goes by itself: without a cluster IP of a family the
 * Service has nothing in it. Cluster IPs come from the API server's own range and are trusted; for the
 * others see `VipGuard`.
 */
export function vipsOf(service: Service, place: Place, settings: VipSettings): Vips {
  const families = familiesOf(service);
  const { clusterIPs, externalIPs, loadBalancerIPs } = service;
  const clusterVips = clusterIPs.map((address) => vipOf('cluster IP', { address, apiServerPorts }));
  if (externalIPs.length + loadBalancerIPs.length === 0 && clusterIPs.length === families.length) {
    // Most Services: there is nothing to choose from.
    return { vips: clusterVips, problems: [] };
  }
  const guard = new VipGuard(service, place, settings);
  const chosen = (kind: ChosenVipKind, addresses: readonly IpAddress[]): readonly Vip[] =>
    guard.admitted(kind, addresses).map((admitted) => vipOf(kind, admitted));
  const vips = [
    ...clusterVips,
    ...chosen('external IP', externalIPs),
    ...chosen('load-balancer IP', loadBalancerIPs),
  ].filter(({ address }) => families.includes(address.family));
  return {
    // The first kind of an address counts.
    vips: [
      ...new Map(vips.toReversed().map((vip) => [vip.address.text, vip])).values(),
    ].toReversed(),
    problems: guard.problems,
  };
}

/** At cluster IPs no port is anybody's but the Service's. */
const apiServerPorts: readonly number[] = [];

function vipOf(kind: VipKind, { address, apiServerPorts: ports }: AdmittedVip): Vip {
  return { kind, address, apiServerPorts: ports };
}

const oneFamily: Readonly<Record<IpFamily, readonly IpFamily[]>> = {
  IPv4: ['IPv4'],
  IPv6: ['IPv6'],
};

/** The families that a Service is served in. */
export function familiesOf({ clusterIPs }: Service): readonly IpFamily[] {
  const first = clusterIPs[0];
  return first !== undefined && clusterIPs.length === 1
    ? oneFamily[first.family]
    : [...new Set(clusterIPs.map(({ family }) => family))];
}

/** All front ends of one Service port in one family. */
export function frontEndsOf(
  { protocol, port, nodePort }: ServicePort,
  family: IpFamily,
  { vips }: Vips,
  place: Place,
): readonly FrontEnd[] {
  const frontEnds: FrontEnd[] = [];
  for (const { kind, address, apiServerPorts: taken } of vips) {
    if (address.family === family && !(protocol === 'TCP' && taken.includes(port))) {
      frontEnds.push({ kind, address, port });
    }
  }
  if (nodePort !== undefined) {
    for (const address of place.nodePortAddresses) {
      if (address.family === family) {
        frontEnds.push({ kind: 'node port', address, port: nodePort });
      }
    }
  }
  return frontEnds;
}

/**
 * The VIPs to be bound. An external one that the node has on another link is not bound again:
 * unbinding it later, or the order of links, could take it from the node (as kube-proxy).
 */
export function boundAddressesOf({ vips }: Vips, place: Place): readonly IpAddress[] {
  return vips
    .filter(({ kind, address }) => kind === 'cluster IP' || !place.nodeAddresses.has(address.text))
    .map(({ address }) => address);
}
