import type { EndpointSlice, Service, ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { PortRanges } from './desired.ts';
import { anyPortOf, endpointsOfPort } from './endpoints.ts';
import type { FrontEnd } from './front-end.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';

/** The ports of a spec that a client reaches at one Pod. */
export interface AcrossPorts {
  readonly ports: ReadonlySet<ServicePort>;
  readonly problems: readonly ServiceProblem[];
}

const none: AcrossPorts = { ports: new Set(), problems: [] };

/**
 * The ports that share one virtual server where the Service asks for affinity across ports: those that
 * are the same as their target ports, and have the endpoints of the first port. Pure.
 */
export function acrossPortsOf(
  service: Service,
  slices: readonly EndpointSlice[],
  families: readonly IpFamily[],
  isWanted: boolean,
): AcrossPorts {
  const [first] = service.ports;
  if (!isWanted || first === undefined) {
    return none;
  }
  if (service.sessionAffinity.kind === 'None') {
    return { ...none, problems: [problemOfNoAffinity(service)] };
  }
  const left = service.ports.filter((port) => !isFit(port, first, slices, families));
  return {
    ports: new Set(service.ports.filter((port) => !left.includes(port))),
    problems: left.length === 0 ? [] : [problemOf(service, left)],
  };
}

/** The front ends of such a port that have a virtual server of their own; all of them where there are no ranges. */
export function withoutPortRanges(
  frontEnds: readonly FrontEnd[],
  ranges: PortRanges | undefined,
): readonly FrontEnd[] {
  return ranges === undefined
    ? frontEnds
    : frontEnds.filter((frontEnd) => !isInPortRanges(frontEnd, ranges));
}

/** Node ports are in no range, nor is an address of the node itself, or one that lacks a mark. */
export function isInPortRanges({ kind, address }: FrontEnd, { addresses }: PortRanges): boolean {
  return kind !== 'node port' && addresses.some((marked) => marked.address.equals(address));
}

function isFit(
  port: ServicePort,
  first: ServicePort,
  slices: readonly EndpointSlice[],
  families: readonly IpFamily[],
): boolean {
  return families.every((family) => {
    const own = endpointsOfPort(port, family, slices);
    const ofFirst = port === first ? own : endpointsOfPort(first, family, slices);
    return (
      own.every(({ targetPort }) => targetPort === port.port) &&
      addressesOf(own) === addressesOf(ofFirst)
    );
  });
}

function addressesOf(all: ReturnType<typeof endpointsOfPort>): string {
  return anyPortOf(all)
    .flatMap(({ endpoints }) => endpoints.map(({ address }) => address.text))
    .toSorted()
    .join(' ');
}

const field = 'metadata.annotations[kube-ipvs.io/affinity-across-ports]';

function problemOfNoAffinity(service: Service): ServiceProblem {
  return serviceProblem(service, 'AffinityAcrossPortsIgnored', {
    field,
    value: 'true',
    allowed:
      'it has no effect: sessionAffinity is None, so that no client stays with an endpoint; allowed with sessionAffinity ClientIP',
  });
}

function problemOf(service: Service, left: readonly ServicePort[]): ServiceProblem {
  return serviceProblem(service, 'AffinityAcrossPortsIgnored', {
    field,
    value: left.map(({ port, protocol }) => `${port}/${protocol}`),
    allowed:
      'these ports keep an affinity of their own: allowed are ports that are the same as their target port, with the endpoints of the first port',
  });
}
