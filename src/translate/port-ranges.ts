import {
  objectKey,
  type EndpointSlice,
  type Service,
  type ServicePort,
} from '../cluster/objects.ts';
import type { RealServers } from '../kernel/ipvs/model.ts';
import type { FilterMember } from '../kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../kernel/packet-filter/marked-range.ts';
import type { IpFamily } from '../net/ip-address.ts';
import {
  formatPortRange,
  mergedPorts,
  singlePort,
  withoutPorts,
  type PortRange,
} from '../net/port-range.ts';
import { protocols, type Protocol } from '../net/protocol.ts';
import { affinityAcrossPorts } from './annotations/affinity-across-ports.ts';
import type { Choices } from './annotations/registry.ts';
import type { DecisionRecorder } from './decisions.ts';
import type { DesiredFrontEnd, MarkedAddress, PortRanges } from './desired.ts';
import { anyPortOf, endpointsOfPort } from './endpoints.ts';
import type { Traffic } from './front-end.ts';
import { trafficOf, type Vip } from './front-ends.ts';
import type { NodeFacts } from './node-facts.ts';
import { recordPortRanges } from './record-port-ranges.ts';
import type { EndpointGuard } from './refused-endpoints.ts';
import { requestedAt } from './requested-port-ranges.ts';
import { routesByTraffic, type Route, type RouteChoices } from './routes.ts';
import { serviceProblem, type ServiceProblem } from './service-problem.ts';
import { admittedSources, frontEndRole, hasOwnAddressHere } from './set-members.ts';
import { virtualServerSettings } from './virtual-server-settings.ts';

/** What the port ranges of a Service depend on, all of it decided before. */
export interface PortRangeContext {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  readonly node: NodeFacts;
  readonly choices: Choices;
  readonly families: readonly IpFamily[];
  readonly vips: readonly Vip[];
  readonly guard: EndpointGuard;
  readonly routeChoices: RouteChoices;
  /** The ports of the spec that belong to the whole. */
  readonly acrossPorts: ReadonlySet<ServicePort>;
  readonly recorder: DecisionRecorder | undefined;
}

/** What the port ranges of a Service become. */
export interface PortRangeRows {
  /** One for each family and mark. */
  readonly virtualServers: readonly DesiredFrontEnd[];
  readonly hairpins: readonly FilterMember[];
  readonly problems: readonly ServiceProblem[];
  /** Undefined for hardly any. */
  readonly portRanges: PortRanges | undefined;
}

/** Those of nearly every Service. */
export const noPortRanges: PortRangeRows = {
  virtualServers: [],
  hairpins: [],
  problems: [],
  portRanges: undefined,
};

/** The ports of an address, by protocol. */
interface PortsAt {
  readonly vip: Vip;
  readonly ports: readonly (PortRange & { readonly protocol: Protocol })[];
}

/**
 * What the port ranges of a Service become: a virtual server for a mark, and the ports whose packets
 * have that. Real servers have port 0, for the one that the client has chosen. Traffic of both kinds
 * has one mark where both policies are Cluster, so that a client has one Pod at all addresses.
 */
export function translatePortRanges(context: PortRangeContext): PortRangeRows {
  const { service, vips, node } = context;
  const served = vips.filter(({ address }) => !node.nodeAddresses.has(address.text));
  const all = served
    .map((vip) => ({ vip, ports: portsAt(vip, context) }))
    .filter(({ ports }) => ports.length > 0);
  const marks = new Map<Traffic, number | undefined>();
  for (const traffic of new Set(all.map(({ vip }) => markedTraffic(service, vip)))) {
    const places = all.filter(({ vip }) => markedTraffic(service, vip) === traffic);
    marks.set(traffic, node.markOf(objectKey(service), traffic, places.map(placeOf)));
  }
  if (context.recorder !== undefined) {
    recordPortRanges(context.recorder, vips, node, {
      requestsAt: (vip) => requestsAt(vip, context),
      markOf: (vip) => marks.get(markedTraffic(service, vip)),
    });
  }
  const rows = context.families.map((family) => rowsOfFamily(context, family, all, marks));
  return {
    virtualServers: rows.flatMap(({ virtualServers }) => virtualServers),
    hairpins: rows.flatMap(({ hairpins }) => hairpins),
    problems: [
      ...problemOfNodeAddresses(context),
      ...([...marks.values()].includes(undefined) ? [problemOfMarks(context)] : []),
    ],
    portRanges: {
      addresses: rows.flatMap(({ addresses }) => addresses),
      traffics: new Set(marks.keys()),
    },
  };
}

/** The traffic by which the mark of connections to a VIP goes. */
function markedTraffic(service: Service, vip: Pick<Vip, 'kind'>): Traffic {
  const areAlike =
    service.internalTrafficPolicy === 'Cluster' && service.externalTrafficPolicy === 'Cluster';
  return areAlike ? 'internal' : trafficOf(vip);
}

function placeOf({ vip, ports }: PortsAt) {
  return { address: vip.address, ports };
}

/** What is requested at an address, without what ordinary virtual servers have there. */
function portsAt(vip: Vip, context: PortRangeContext): PortsAt['ports'] {
  return requestsAt(vip, context).flatMap(({ protocol, wanted, taken }) =>
    withoutPorts(wanted, taken).map((range) => ({ ...range, protocol })),
  );
}

/** What is requested at an address by protocol, and which ports ordinary virtual servers have there. */
function requestsAt(vip: Vip, { service, choices, acrossPorts }: PortRangeContext) {
  return protocols.map((protocol) => {
    const ofProtocol = service.ports.filter((port) => port.protocol === protocol);
    const isAcross = (port: ServicePort): boolean => acrossPorts.has(port);
    const requested = choices.portRanges
      .filter((ports) => ports.protocol === protocol)
      .flatMap((ports) => requestedAt(ports, vip.kind, choices.portRangesOn));
    const across = ofProtocol.filter(isAcross).map(onePort);
    const wanted = [...requested, ...across];
    const taken = [
      ...ofProtocol.filter((port) => !isAcross(port)).map(onePort),
      ...(protocol === 'TCP' ? vip.apiServerPorts.map(singlePort) : []),
    ];
    return { protocol, wanted, taken, across };
  });
}

function onePort({ port }: ServicePort): PortRange {
  return singlePort(port);
}

interface FamilyRows extends Pick<PortRangeRows, 'virtualServers' | 'hairpins'> {
  readonly addresses: readonly MarkedAddress[];
}

function rowsOfFamily(
  context: PortRangeContext,
  family: IpFamily,
  all: readonly PortsAt[],
  marks: ReadonlyMap<Traffic, number | undefined>,
): FamilyRows {
  const { service, slices, node, guard, routeChoices } = context;
  const ofFamily = all.filter(({ vip }) => vip.address.family === family);
  const [firstPort] = service.ports;
  if (firstPort === undefined || ofFamily.length === 0) {
    return { virtualServers: [], hairpins: [], addresses: [] };
  }
  const endpoints = anyPortOf(guard.admitted(endpointsOfPort(firstPort, family, slices)));
  const routes = routesByTraffic(service, endpoints, node, routeChoices);
  const virtualServers: DesiredFrontEnd[] = [];
  for (const traffic of new Set(ofFamily.map(({ vip }) => markedTraffic(service, vip)))) {
    const mark = marks.get(traffic);
    if (mark !== undefined) {
      virtualServers.push(rowOf(context, family, mark, routes[traffic].realServers));
    }
  }
  const addresses = ofFamily.flatMap((ports): readonly MarkedAddress[] => {
    const mark = marks.get(markedTraffic(service, ports.vip));
    return mark === undefined ? [] : [markedAddress(context, ports, mark, routes)];
  });
  const hairpins = endpoints
    .flatMap((ofPort) => ofPort.endpoints)
    .filter((endpoint) => hasOwnAddressHere(endpoint, node))
    .map(({ address }): FilterMember => ({
      role: 'range-hairpin',
      entry: { kind: 'address to itself', address },
    }));
  return { virtualServers, hairpins, addresses };
}

function rowOf(
  { service, choices }: PortRangeContext,
  family: IpFamily,
  fwmark: number,
  realServers: RealServers,
): DesiredFrontEnd {
  return {
    virtualServer: {
      id: { kind: 'fwmark', family, fwmark },
      settings: virtualServerSettings(service, { family, protocol: 'TCP' }, choices),
      realServers,
    },
    drainTimeoutMs: choices.drainTimeoutMs,
    slowStartMs: choices.slowStartMs,
    members: [],
  };
}

function markedAddress(
  { service, node }: PortRangeContext,
  { vip, ports }: PortsAt,
  mark: number,
  routes: Readonly<Record<Traffic, Route>>,
): MarkedAddress {
  const { realServers, servedHere } = routes[trafficOf(vip)];
  const role = frontEndRole(service, vip.kind, { realServers, servedHere });
  const sources =
    vip.kind === 'load-balancer IP'
      ? admittedSources(service.loadBalancerSourceRanges, vip.address, node)
      : undefined;
  const ranges = ports.map((range): MarkedRange => ({ ...range, mark, role, sources }));
  return { address: vip.address, ranges };
}

function problemOfNodeAddresses({
  service,
  vips,
  node,
  choices,
}: PortRangeContext): readonly ServiceProblem[] {
  const refused = vips.filter(({ address }) => node.nodeAddresses.has(address.text));
  return choices.portRanges.length === 0 || refused.length === 0
    ? []
    : [
        serviceProblem(service, 'PortRangesRefused', {
          field: 'metadata.annotations[kube-ipvs.io/port-ranges]',
          value: refused.map(({ address }) => address.text),
          allowed:
            'port ranges are not served at an address of the node itself, whose own listeners they would hide; they are at the other addresses of the Service',
        }),
      ];
}

function problemOfMarks({ service, choices, acrossPorts }: PortRangeContext): ServiceProblem {
  if (choices.portRanges.length === 0) {
    return serviceProblem(service, 'AffinityAcrossPortsIgnored', {
      field: `metadata.annotations[${affinityAcrossPorts.name}]`,
      value: Array.from(acrossPorts, ({ port, protocol }) => `${port}/${protocol}`),
      allowed:
        'no packet mark is free for it, so that each port has an affinity of its own: kubeIpvs.portRangeMarks has to have more bits',
    });
  }
  return serviceProblem(service, 'PortRangesRefused', {
    field: 'metadata.annotations[kube-ipvs.io/port-ranges]',
    value: choices.portRanges.map(
      ({ protocol, ranges, isAll }) =>
        `${isAll ? '*' : mergedPorts(ranges).map(formatPortRange).join(',')}/${protocol}`,
    ),
    allowed:
      'no packet mark is free for it: kubeIpvs.portRangeMarks has to have more bits, or fewer Services port ranges; it is served when one becomes free',
  });
}
