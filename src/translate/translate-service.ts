import type { EndpointSlice, Service, ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { VirtualServerSettings } from '../kernel/ipvs/model.ts';
import {
  noTranslation,
  type HealthCheck,
  type Translation,
  type DesiredFrontEnd,
} from './desired.ts';
import type { ServiceDefaults } from './annotations/annotation.ts';
import { choicesOf } from './annotations/choices.ts';
import type { Choices } from './annotations/registry.ts';
import { endpointsOfPort } from './endpoints.ts';
import type { DecisionRecorder, ServiceFate } from './decisions.ts';
import { servedWithPortRanges } from './across-ports-recorder.ts';
import { boundAddressesOf, familiesOf, frontEndsOf, trafficOf, vipsOf } from './front-ends.ts';
import {
  ejectionOf,
  ejectionProblems,
  withEjection,
  type PortEjection,
  type WithEjection,
} from './ejection.ts';
import type { FrontEnd, Traffic } from './front-end.ts';
import type { NodeFacts } from './node-facts.ts';
import { acrossPortsOf, withoutPortRanges } from './across-ports.ts';
import { noPortRanges, translatePortRanges } from './port-ranges.ts';
import { PortRecorder } from './port-recorder.ts';
import { EndpointGuard } from './refused-endpoints.ts';
import type { VipSettings } from './refused-vips.ts';
import type { Protocol } from '../net/protocol.ts';
import { weightRulesOf } from './endpoint-weights.ts';
import {
  lackOfLocalEndpoints,
  routesByTraffic,
  type Route,
  type RouteChoices,
  type Routes,
} from './routes.ts';
import { sliceWeightProblems } from './slice-weight-problems.ts';
import type { ServiceProblem } from './service-problem.ts';
import { frontEndMembers, hairpinMembers, serviceMembers } from './set-members.ts';
import type { FilterMember } from '../kernel/packet-filter/filter-member.ts';
import { virtualServerSettings } from './virtual-server-settings.ts';

/** The part of the configuration that decides what a Service becomes. */
export interface TranslationSettings extends VipSettings, ServiceDefaults {}

/**
 * What one Service becomes on this node: a virtual server for each address and port where it
 * is to be reached, with the endpoints that may get traffic as real servers. Services without
 * a cluster IP or a port and those left to another proxy become nothing. Pure: the same input gives the
 * same rows, with a recorder or without; that is told each choice with its reason.
 */
export function translateService(
  service: Service,
  slices: readonly EndpointSlice[],
  node: NodeFacts,
  settings: TranslationSettings,
  recorder?: DecisionRecorder,
): Translation {
  const fate = fateOf(service);
  recorder?.record({ about: 'Service', fate });
  if (fate.kind !== 'served') {
    return noTranslation;
  }
  const { missingSchedulers } = node;
  const { choices, problems } = choicesOf({ service, defaults: settings, missingSchedulers });
  const routeChoices = routeChoicesOf(choices, slices, node);
  const families = familiesOf(service);
  const vips = vipsOf(service, node, settings, recorder);
  const boundAddresses = boundAddressesOf(vips, node, recorder);
  const guard = new EndpointGuard(node);

  const virtualServers: DesiredFrontEnd[] = [];
  const hairpins: FilterMember[] = [];
  const routesOfPorts: Routes[] = [];
  const ejections: ServiceProblem[] = [];
  const across = acrossPortsOf(service, slices, families, choices.affinityAcrossPorts);
  const hasPortRanges = choices.portRanges.length + across.ports.size > 0;
  const ranges = hasPortRanges
    ? translatePortRanges({
        ...{ service, slices, node, choices, families, vips: vips.vips, guard, routeChoices },
        ...{ acrossPorts: across.ports, recorder },
      })
    : noPortRanges;
  for (const port of service.ports) {
    const { protocol } = port;
    for (const family of families) {
      const inRanges = across.ports.has(port) ? ranges.portRanges : undefined;
      const told = servedWithPortRanges(recorder, inRanges);
      const all = frontEndsOf(port, family, vips, node, told);
      const traffics = recorder && new Set(all.map(trafficOf));
      const ofPort = traffics && new PortRecorder(recorder, { port, families, traffics });
      const notes = ofPort?.gathering;
      const endpoints = guard.admitted(endpointsOfPort(port, family, slices, notes), notes);
      hairpins.push(...hairpinMembers(protocol, endpoints, node));
      const routes = routesByTraffic(service, endpoints, node, routeChoices, ofPort);
      routesOfPorts.push(routes);
      const ofServers = virtualServerSettings(service, { family, protocol }, choices);
      const ejection = ejectionOf(service, port, family, choices, node);
      ejections.push(...ejectionProblems(service, port, ejection?.outliers));
      const served = servedBy(routes, ejection);
      for (const frontEnd of withoutPortRanges(all, inRanges)) {
        const row = { protocol, settings: ofServers, ...served[trafficOf(frontEnd)] };
        virtualServers.push(rowOf(service, frontEnd, row, choices, node));
      }
    }
  }
  virtualServers.push(...ranges.virtualServers);
  const healthCheck = healthCheckOf(service, slices, node, guard);
  return {
    virtualServers,
    boundAddresses,
    members: [...serviceMembers(boundAddresses, healthCheck), ...hairpins, ...ranges.hairpins],
    portRanges: ranges.portRanges,
    healthCheck,
    problems: allOf(
      ...[problems, sliceWeightProblems(service, slices, choices.scheduler), vips.problems],
      ...[across.problems, ranges.problems, guard.problems(service), ejections],
    ),
    withoutLocalEndpoints: lackOfLocalEndpoints(routesOfPorts),
    needsNodeWeights: choices.nodeWeights,
  };
}

function routeChoicesOf(
  choices: Choices,
  slices: readonly EndpointSlice[],
  node: NodeFacts,
): RouteChoices {
  return {
    rules: weightRulesOf(choices, slices, node),
    connectionLimits: choices.connectionLimits,
    startsSlowly: choices.slowStartMs !== undefined,
  };
}

/** Where the connections of a front end go. */
type Served = WithEjection & Pick<Route, 'servedHere'>;

/** One map serves both kinds of traffic where they go the same way. */
function servedBy(
  { internal, external }: Routes,
  ejection: PortEjection | undefined,
): Readonly<Record<Traffic, Served>> {
  const inside = withEjection(internal.realServers, ejection);
  const outside =
    external.realServers === internal.realServers
      ? inside
      : withEjection(external.realServers, ejection);
  return {
    internal: { ...inside, servedHere: internal.servedHere },
    external: { ...outside, servedHere: external.servedHere },
  };
}

/** What a front end wants. */
function rowOf(
  service: Service,
  frontEnd: FrontEnd,
  row: Served & { readonly protocol: Protocol; readonly settings: VirtualServerSettings },
  { drainTimeoutMs, slowStartMs }: Choices,
  node: NodeFacts,
): DesiredFrontEnd {
  const { protocol, settings, realServers, servedHere, ...ejection } = row;
  const { address, port } = frontEnd;
  return {
    virtualServer: { id: { kind: 'address', protocol, address, port }, settings, realServers },
    drainTimeoutMs,
    slowStartMs,
    ...ejection,
    members: frontEndMembers(service, { frontEnd, protocol, realServers, servedHere }, node),
  };
}

/** Hardly any Service has a problem: all that have none share one list. */
function allOf(...lists: readonly (readonly ServiceProblem[])[]): readonly ServiceProblem[] {
  const isAny = lists.some(({ length }) => length > 0);
  return isAny ? lists.flat() : noTranslation.problems;
}

const served: ServiceFate = { kind: 'served' };
const headless: ServiceFate = { kind: 'headless' };
const externalName: ServiceFate = { kind: 'ExternalName' };
const withoutPorts: ServiceFate = { kind: 'without ports' };

/** A VIP without a port would lead to the node's own listeners: such a Service has none bound. */
function fateOf({ proxyName, clusterIPs, ports, isExternalName }: Service): ServiceFate {
  if (proxyName !== undefined) {
    return { kind: 'left to another proxy', proxyName };
  }
  if (clusterIPs.length === 0) {
    return isExternalName === true ? externalName : headless;
  }
  return ports.length > 0 ? served : withoutPorts;
}

function healthCheckOf(
  service: Service,
  slices: readonly EndpointSlice[],
  node: NodeFacts,
  guard: EndpointGuard,
): HealthCheck | undefined {
  const { healthCheckNodePort, externalTrafficPolicy } = service;
  if (healthCheckNodePort === undefined || externalTrafficPolicy !== 'Local') {
    return undefined;
  }
  // A Pod of a dual-stack Service has an endpoint in each family and is one Pod.
  const counts = familiesOf(service).map((family) =>
    localPods(service.ports, family, slices, node, guard),
  );
  return { nodePort: healthCheckNodePort, localEndpoints: Math.max(0, ...counts) };
}

function localPods(
  ports: readonly ServicePort[],
  family: IpFamily,
  slices: readonly EndpointSlice[],
  node: NodeFacts,
  guard: EndpointGuard,
): number {
  const addresses = new Set<string>();
  for (const port of ports) {
    const admitted = guard.admitted(endpointsOfPort(port, family, slices));
    for (const { address, ready, nodeName } of admitted.flatMap(({ endpoints }) => endpoints)) {
      if (ready && nodeName === node.nodeName) {
        addresses.add(address.text);
      }
    }
  }
  return addresses.size;
}
