import { schedulerFlagNames } from '../../kernel/ipvs/schedulers.ts';
import {
  formatVirtualServer,
  sameSettings,
  type VirtualServerId,
  type VirtualServerSettings,
} from '../../kernel/ipvs/model.ts';
import { formatEndpoint } from '../../net/ip-address.ts';
import type { ServicePort } from '../../cluster/objects.ts';
import type { EndpointDecision, FrontEndFate } from '../../translate/decisions.ts';
import { describeFrontEndFate } from '../../translate/describe-decision.ts';
import type { FrontEnd } from '../../translate/front-end.ts';
import { formatPortsWithMark, type PortsWithMark } from '../../translate/marked-ports.ts';
import { foreignAtVipAdvice } from '../../desired/foreign-at-vips.ts';
import { IpvsError } from '../../kernel/ipvs/ipvs-error.ts';
import { countersView } from './counters-view.ts';
import { refusedForFullness, type Fullness } from './full-view.ts';
import { noUnusedEndpoints, unusedEndpoints, type UnusedEndpoints } from './endpoint-view.ts';
import {
  sinceOf,
  type ClusterKnowledge,
  type HeldVirtualServer,
  type KernelKnowledge,
  type Refusal,
} from './knowledge.ts';
import { realServerViews } from './real-server-view.ts';
import type {
  PersistenceView,
  RealServerView,
  VirtualServerIdView,
  VirtualServerState,
  VirtualServerView,
} from './service-view.ts';

/** A front end of a Service, or its port ranges, that become a virtual server, or would. */
export interface ServedFrontEnd {
  readonly id: VirtualServerId;
  readonly kind: FrontEnd['kind'] | 'port ranges';
  readonly fate: FrontEndFate;
  readonly port: ServicePort | undefined;
  /** What leads to it where it is for a packet mark. */
  readonly addresses?: readonly PortsWithMark[];
  /** What was decided about the endpoints of its port, for its kind of traffic. */
  readonly endpoints: readonly EndpointDecision[];
}

/** The virtual server of a front end: as it should be, and as the kernel holds it. */
export function virtualServerView(
  service: string,
  frontEnd: ServedFrontEnd,
  cluster: ClusterKnowledge,
  kernel: KernelKnowledge,
): VirtualServerView {
  const { id, kind, fate, port, addresses } = frontEnd;
  const key = formatVirtualServer(id);
  return {
    key,
    id: idView(id),
    frontEnd: kind,
    service,
    servicePort: port === undefined ? null : { name: port.name, port: port.port },
    portRanges: id.kind === 'fwmark' ? portRangesView(id.fwmark, addresses) : null,
    ...(fate.kind === 'claimed by an older Service'
      ? claimedByAnother(fate)
      : asItStands(key, frontEnd, cluster, kernel)),
  };
}

type Standing = UnusedEndpoints &
  Pick<
    VirtualServerView,
    | 'scheduler'
    | 'flags'
    | 'persistence'
    | 'owned'
    | 'inKernel'
    | 'state'
    | 'realServers'
    | 'counters'
  >;

function asItStands(
  key: string,
  { endpoints }: ServedFrontEnd,
  cluster: ClusterKnowledge,
  kernel: KernelKnowledge,
): Standing {
  const desired = cluster.frontEnd(key);
  const held = kernel.held(key);
  const refusal = kernel.refusal(key);
  const { nodeName: thisNode } = cluster.node;
  const wanted = desired?.virtualServer.settings;
  const realServers = realServerViews({
    key,
    desired,
    held: held?.realServers ?? [],
    refusal,
    owned: true,
    decisions: endpoints,
    kernel,
    thisNode,
  });
  return {
    ...settingsView(held?.settings ?? wanted),
    owned: held?.settings.owned ?? true,
    inKernel: held !== undefined,
    state: stateOf({ wanted, held, refusal, realServers, kernel }),
    realServers,
    counters: countersView(kernel.counters.virtualServer(key)),
    ...unusedEndpoints(endpoints, thisNode),
  };
}

function portRangesView(
  mark: number,
  addresses: readonly PortsWithMark[] = [],
): VirtualServerView['portRanges'] {
  return {
    mark,
    addresses: addresses.map((ports) => ({
      address: ports.address.text,
      kind: ports.kind,
      ranges: ports.ranges,
      text: formatPortsWithMark(ports),
    })),
  };
}

function claimedByAnother(
  fate: Extract<FrontEndFate, { readonly kind: 'claimed by an older Service' }>,
): Standing {
  const by = fate.service;
  return {
    ...settingsView(undefined),
    owned: true,
    inKernel: false,
    state: { kind: 'claimed', by, why: describeFrontEndFate(fate) },
    realServers: [],
    // What is counted there is the other's.
    counters: null,
    ...noUnusedEndpoints,
  };
}

/** A virtual server of the kernel that no Service is known to want: of others, or left of ours. */
export function strayView(
  held: HeldVirtualServer,
  cluster: Pick<ClusterKnowledge, 'serviceAt' | 'node'>,
  kernel: KernelKnowledge,
): VirtualServerView {
  const { id, settings } = held;
  const key = formatVirtualServer(id);
  const { owned } = settings;
  return {
    key,
    id: idView(id),
    frontEnd: null,
    service: null,
    servicePort: null,
    portRanges: null,
    ...settingsView(settings),
    owned,
    inKernel: true,
    state: owned
      ? {
          kind: 'unknown',
          why: 'made by kube-ipvs, and no Service is known to want it',
        }
      : foreignState(id, cluster, kernel),
    realServers: realServerViews({
      key,
      desired: undefined,
      held: held.realServers,
      refusal: undefined,
      owned,
      decisions: [],
      kernel,
      thisNode: cluster.node.nodeName,
    }),
    ...noUnusedEndpoints,
    counters: countersView(kernel.counters.virtualServer(key)),
  };
}

/** A VIP of a Service, or an address bound by us: the rules refuse what others serve there. */
function foreignState(
  id: VirtualServerId,
  { serviceAt }: Pick<ClusterKnowledge, 'serviceAt'>,
  kernel: KernelKnowledge,
): VirtualServerState {
  if (id.kind !== 'address') {
    return { kind: 'foreign' };
  }
  const vipOf = serviceAt(id.address.text) ?? null;
  return vipOf !== null || kernel.isBoundByUs(id.address.text)
    ? {
        kind: 'foreign, refused',
        why: `a VIP answers on the ports of its Service alone; ${foreignAtVipAdvice}`,
        vipOf,
      }
    : { kind: 'foreign' };
}

interface StateParts {
  readonly wanted: VirtualServerSettings | undefined;
  readonly held: HeldVirtualServer | undefined;
  readonly refusal: Refusal | undefined;
  readonly realServers: readonly RealServerView[];
  readonly kernel: KernelKnowledge;
}

function stateOf({ wanted, held, refusal, realServers, kernel }: StateParts): VirtualServerState {
  if (refusal !== undefined && !(held !== undefined && isAboutRealServer(refusal))) {
    return { kind: 'refused', why: refusal.error.message, since: sinceOf(refusal, kernel) };
  }
  if (held === undefined) {
    return { kind: 'missing', why: 'the Service wants it, and the kernel lacks it' };
  }
  if (wanted !== undefined && !sameSettings(wanted, held.settings)) {
    return { kind: 'differs', why: differenceOf(wanted, held.settings) };
  }
  if (realServers.every(({ state }) => state.kind === 'draining')) {
    return {
      kind: 'no real servers',
      why: 'no endpoint can get its traffic: new connections are refused',
    };
  }
  const refused = refusedForFullness(fullnessOf(realServers), held.settings);
  return refused === undefined ? { kind: 'in place' } : { kind: 'full', why: refused };
}

function fullnessOf(realServers: readonly RealServerView[]): Fullness {
  const takers = realServers.filter(
    ({ weight, connections }) => weight > 0 && connections !== null,
  );
  const full = takers.filter(({ state }) => state.kind === 'full').length;
  return { full, of: takers.length };
}

function isAboutRealServer({ error }: Refusal): boolean {
  return error instanceof IpvsError && error.operation.kind.endsWith('real server');
}

function differenceOf(wanted: VirtualServerSettings, held: VirtualServerSettings): string {
  if (!held.owned) {
    return 'made by others, and taken over as it stands';
  }
  const parts = [describeSettings(held), describeSettings(wanted)];
  return `${parts[0]} instead of ${parts[1]}`;
}

function describeSettings(settings: VirtualServerSettings): string {
  const { scheduler, persistence, onePacket, limited, schedulerFlags } = settings;
  const flags = schedulerFlagNames(scheduler, schedulerFlags);
  return [
    `scheduler ${[scheduler, ...flags].join(' ')}`,
    ...(persistence === undefined ? [] : [`persistence ${persistence.timeoutSeconds} s`]),
    ...(onePacket ? ['one packet'] : []),
    ...(limited ? ['limits'] : []),
  ].join(', ');
}

function settingsView(settings: VirtualServerSettings | undefined): {
  readonly scheduler: string;
  readonly flags: readonly string[];
  readonly persistence: PersistenceView | null;
} {
  const { scheduler = '', schedulerFlags = 0, persistence, onePacket = false } = settings ?? {};
  return {
    scheduler,
    flags: [...schedulerFlagNames(scheduler, schedulerFlags), ...(onePacket ? ['one-packet'] : [])],
    persistence: persistence === undefined ? null : { timeoutSeconds: persistence.timeoutSeconds },
  };
}

function idView(id: VirtualServerId): VirtualServerIdView {
  return id.kind === 'address'
    ? { protocol: id.protocol, address: formatEndpoint(id.address, id.port) }
    : { fwmark: id.fwmark, family: id.family };
}
