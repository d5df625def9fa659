import type { Service, ServicePort } from '../cluster/objects.ts';
import type { Cidr } from '../net/cidr.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import type { Place } from './place.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** Which traffic policy counts for connections to a front end. */
export type Traffic = 'internal' | 'external';

/** Where a Service port is to be reached: it becomes one virtual server. */
export interface FrontEnd {
  readonly address: IpAddress;
  readonly port: number;
  readonly traffic: Traffic;
}

/** The VIPs of a Service in the families that it has cluster IPs of. */
export interface Vips {
  readonly internal: readonly IpAddress[];
  readonly external: readonly IpAddress[];
  readonly problems: readonly ServiceProblem[];
}

/**
 * The VIPs of a Service. Each family goes by itself: without a cluster IP of a family the
 * Service has nothing in it. `externalIPs` limits where external IPs may come from
 * (CVE-2020-8554: whoever may write a Service could else draw anybody's traffic).
 */
export function vipsOf(service: Service, externalIPs: readonly Cidr[] | undefined): Vips {
  const families = familiesOf(service);
  const refused = new Set<IpAddress>();
  if (externalIPs !== undefined) {
    for (const address of service.externalIPs) {
      if (!externalIPs.some((range) => range.contains(address))) {
        refused.add(address);
      }
    }
  }
  const external = [...service.externalIPs, ...service.loadBalancerIPs].filter(
    (address) => families.includes(address.family) && !refused.has(address),
  );
  return {
    internal: service.clusterIPs,
    external: unique(external, service.clusterIPs),
    problems: refused.size === 0 ? [] : [externalIPsRefused(service, [...refused], externalIPs)],
  };
}

/** The families that a Service is served in. */
export function familiesOf(service: Service): readonly IpFamily[] {
  return [...new Set(service.clusterIPs.map(({ family }) => family))];
}

/** All front ends of one Service port in one family. */
export function frontEndsOf(
  port: ServicePort,
  family: IpFamily,
  vips: Vips,
  place: Place,
): readonly FrontEnd[] {
  const { nodePort } = port;
  const nodeAddresses = nodePort === undefined ? [] : place.nodePortAddresses;
  const frontEnds: FrontEnd[] = [
    ...vips.internal.map((address) => ({ address, port: port.port, traffic: 'internal' as const })),
    ...vips.external.map((address) => ({ address, port: port.port, traffic: 'external' as const })),
    ...nodeAddresses.map((address) => ({
      address,
      port: nodePort ?? port.port,
      traffic: 'external' as const,
    })),
  ];
  return frontEnds.filter(({ address }) => address.family === family);
}

/**
 * The VIPs to be bound. An external one that the node has on another link is not bound again:
 * unbinding it later, or the order of links, could take it from the node (as kube-proxy).
 */
export function boundAddressesOf(vips: Vips, place: Place): readonly IpAddress[] {
  const external = vips.external.filter(({ text }) => !place.nodeAddresses.has(text));
  return [...vips.internal, ...external];
}

/** Each address once, and none that is among the others. */
function unique(addresses: readonly IpAddress[], others: readonly IpAddress[]): IpAddress[] {
  const seen = new Set(others.map(({ text }) => text));
  return addresses.filter(({ text }) => !seen.has(text) && seen.add(text));
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
