import type { Service, ServicePort } from '../cluster/objects.ts';
import type { Cidr } from '../net/cidr.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import type { Place } from './place.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** Which traffic policy counts for connections to a front end. */
export type Traffic = 'internal' | 'external';

export type VipKind = 'cluster IP' | 'external IP' | 'load-balancer IP';

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
 * Service has nothing in it. `externalIPs` limits where external IPs may come from
 * (CVE-2020-8554: whoever may write a Service could else draw anybody's traffic).
 */
export function vipsOf(service: Service, externalIPs: readonly Cidr[] | undefined): Vips {
  const families = familiesOf(service);
  const { clusterIPs } = service;
  if (
    service.externalIPs.length + service.loadBalancerIPs.length === 0 &&
    clusterIPs.length === families.length
  ) {
    // Most Services: there is nothing to choose from.
    return { vips: vipsOfKind('cluster IP', clusterIPs), problems: [] };
  }
  const refused = new Set<IpAddress>();
  if (externalIPs !== undefined) {
    for (const address of service.externalIPs) {
      if (!externalIPs.some((range) => range.contains(address))) {
        refused.add(address);
      }
    }
  }
  const vips = [
    ...vipsOfKind('cluster IP', clusterIPs),
    ...vipsOfKind('external IP', service.externalIPs),
    ...vipsOfKind('load-balancer IP', service.loadBalancerIPs),
  ].filter(({ address }) => families.includes(address.family) && !refused.has(address));
  return {
    // The first kind of an address counts.
    vips: [
      ...new Map(vips.toReversed().map((vip) => [vip.address.text, vip])).values(),
    ].toReversed(),
    problems: refused.size === 0 ? [] : [externalIPsRefused(service, [...refused], externalIPs)],
  };
}

function vipsOfKind(kind: VipKind, addresses: readonly IpAddress[]): readonly Vip[] {
  return addresses.map((address) => ({ kind, address }));
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
  { port, nodePort }: ServicePort,
  family: IpFamily,
  { vips }: Vips,
  place: Place,
): readonly FrontEnd[] {
  const frontEnds: FrontEnd[] = [];
  for (const { kind, address } of vips) {
    if (address.family === family) {
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

function externalIPsRefused(
  service: Service,
  refused: readonly IpAddress[],
  externalIPs: readonly Cidr[] | undefined,
): ServiceProblem {
  const ranges = externalIPs?.map(String).join(', ') ?? '';
  return serviceProblem(service, 'ExternalIPRefused', {
    field: 'spec.externalIPs',
    value: refused.map(String),
    allowed: `the configuration allows external IPs ${ranges === '' ? 'nowhere' : `in ${ranges} only`}; they are left out`,
  });
}
