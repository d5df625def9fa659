import type { Service, ServicePort } from '../cluster/objects.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import type { Protocol } from '../net/protocol.ts';
import type { AddressFate, DecisionRecorder, FrontEndDecision, FrontEndFate } from './decisions.ts';
import type { ChosenVipKind, FrontEnd, Traffic, VipKind } from './front-end.ts';
import type { NodeFacts } from './node-facts.ts';
import { VipGuard, type AdmittedVip, type VipSettings } from './refused-vips.ts';
import type { ServiceProblem } from './service-problem.ts';

export type { VipKind } from './front-end.ts';

const served: FrontEndFate = { kind: 'served' };
const leftToApiServer: FrontEndFate = { kind: 'left to the API server' };
const noNodeAddress: FrontEndFate = { kind: 'no node address' };

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
export function vipsOf(
  service: Service,
  node: NodeFacts,
  settings: VipSettings,
  recorder?: DecisionRecorder,
): Vips {
  const families = familiesOf(service);
  const { clusterIPs, externalIPs, loadBalancerIPs } = service;
  const clusterVips = clusterIPs.map((address) => vipOf('cluster IP', { address, apiServerPorts }));
  for (const address of service.loadBalancerIPsOfProxies ?? []) {
    recordAddress(recorder, { kind: 'load-balancer IP', address }, { kind: 'ipMode Proxy' });
  }
  if (externalIPs.length + loadBalancerIPs.length === 0 && clusterIPs.length === families.length) {
    // Most Services: there is nothing to choose from.
    return { vips: clusterVips, problems: [] };
  }
  const guard = new VipGuard(service, node, settings, recorder);
  const chosen = (kind: ChosenVipKind, addresses: readonly IpAddress[]): readonly Vip[] =>
    guard.admitted(kind, addresses).map((admitted) => vipOf(kind, admitted));
  const all = [
    ...clusterVips,
    ...chosen('external IP', externalIPs),
    ...chosen('load-balancer IP', loadBalancerIPs),
  ];
  const inFamilies = all.filter(({ address }) => families.includes(address.family));
  const firsts = firstOfEach(inFamilies);
  if (recorder !== undefined) {
    recordOthers(recorder, all, inFamilies, () => ({ kind: 'another family' }));
    recordOthers(recorder, inFamilies, [...firsts.values()], ({ address }) => ({
      kind: 'repeated',
      countsAs: firsts.get(address.text)?.kind ?? 'cluster IP',
    }));
  }
  return { vips: [...firsts.values()], problems: guard.problems };
}

/** By the address, of which the first kind counts. */
function firstOfEach(vips: readonly Vip[]): ReadonlyMap<string, Vip> {
  const firsts = new Map<string, Vip>();
  for (const vip of vips) {
    if (!firsts.has(vip.address.text)) {
      firsts.set(vip.address.text, vip);
    }
  }
  return firsts;
}

/** Records those of `before` that a step did not choose. */
function recordOthers(
  recorder: DecisionRecorder,
  before: readonly Vip[],
  chosen: readonly Vip[],
  fateOf: (vip: Vip) => AddressFate,
): void {
  const kept = new Set(chosen);
  for (const vip of before.filter((each) => !kept.has(each))) {
    recordAddress(recorder, vip, fateOf(vip));
  }
}

function recordAddress(
  recorder: DecisionRecorder | undefined,
  { kind, address }: Pick<Vip, 'kind' | 'address'>,
  fate: AddressFate,
): void {
  recorder?.record({ about: 'address', kind, address, fate });
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
  servicePort: ServicePort,
  family: IpFamily,
  { vips }: Vips,
  node: NodeFacts,
  recorder?: DecisionRecorder,
): readonly FrontEnd[] {
  const { protocol, port } = servicePort;
  const frontEnds: FrontEnd[] = [];
  for (const { kind, address, apiServerPorts: taken } of vips) {
    if (address.family === family) {
      const frontEnd = { kind, address, port };
      const isTaken = protocol === 'TCP' && taken.includes(port);
      if (!isTaken) {
        frontEnds.push(frontEnd);
      }
      recordFrontEnd(recorder, protocol, frontEnd, isTaken ? leftToApiServer : served);
    }
  }
  addNodePorts(frontEnds, servicePort, family, node, recorder);
  return frontEnds;
}

function addNodePorts(
  frontEnds: FrontEnd[],
  { protocol, nodePort: port }: ServicePort,
  family: IpFamily,
  { nodePortAddresses }: NodeFacts,
  recorder: DecisionRecorder | undefined,
): void {
  if (port === undefined) {
    return;
  }
  const kind = 'node port';
  const before = frontEnds.length;
  for (const address of nodePortAddresses) {
    if (address.family === family) {
      const frontEnd = { kind, address, port } as const;
      frontEnds.push(frontEnd);
      recordFrontEnd(recorder, protocol, frontEnd, served);
    }
  }
  if (frontEnds.length === before && recorder !== undefined) {
    recordFrontEnd(recorder, protocol, { kind, family, port }, noNodeAddress);
  }
}

function recordFrontEnd(
  recorder: DecisionRecorder | undefined,
  protocol: Protocol,
  frontEnd: FrontEndDecision['frontEnd'],
  fate: FrontEndFate,
): void {
  recorder?.record({ about: 'front end', protocol, frontEnd, fate });
}

/**
 * The VIPs to be bound. An external one that the node has on another link is not bound again:
 * unbinding it later, or the order of links, could take it from the node (as kube-proxy).
 */
export function boundAddressesOf(
  { vips }: Vips,
  node: NodeFacts,
  recorder?: DecisionRecorder,
): readonly IpAddress[] {
  const bound = vips.filter(
    ({ kind, address }) => kind === 'cluster IP' || !node.nodeAddresses.has(address.text),
  );
  if (recorder !== undefined) {
    for (const vip of bound) {
      recordAddress(recorder, vip, { kind: 'bound' });
    }
    recordOthers(recorder, vips, bound, () => ({ kind: 'on another link' }));
  }
  return bound.map(({ address }) => address);
}
