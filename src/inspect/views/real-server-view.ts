import { IpvsError } from '../../kernel/ipvs/ipvs-error.ts';
import { limitsOf } from '../../kernel/ipvs/fullness.ts';
import { describeUnwantedFate } from '../../kernel/ipvs/describe-real-server-fate.ts';
import { formatRealServer, sameRealServer, type RealServer } from '../../kernel/ipvs/model.ts';
import { fateOfUnwanted, isStarting } from '../../kernel/ipvs/virtual-server-difference.ts';
import type { DesiredFrontEnd } from '../../translate/desired.ts';
import type { EndpointDecision, EndpointFate } from '../../translate/decisions.ts';
import { describeWeightRule } from '../../translate/describe-decision.ts';
import { ejectionState } from './ejection-view.ts';
import { addressOf, endpointView } from './endpoint-view.ts';
import { connectionsThatCount, isHeldFull } from './full-view.ts';
import { countersView } from './counters-view.ts';
import {
  agoText,
  sinceOf,
  type HeldRealServer,
  type KernelKnowledge,
  type Refusal,
} from './knowledge.ts';
import type { ConnectionsView, RealServerState, RealServerView } from './service-view.ts';

/** What the real servers of one virtual server are seen by. */
export interface RealServerContext {
  /** The virtual server. */
  readonly key: string;
  readonly desired: DesiredFrontEnd | undefined;
  readonly held: readonly HeldRealServer[];
  readonly refusal: Refusal | undefined;
  /** Made, or taken over, by kube-ipvs. */
  readonly owned: boolean;
  /** What was decided about the endpoints of its port. */
  readonly decisions: readonly EndpointDecision[];
  readonly kernel: KernelKnowledge;
  readonly thisNode: string;
}

/** The real servers that a virtual server has, and those that it should have. */
export function realServerViews(context: RealServerContext): readonly RealServerView[] {
  const { desired, held, decisions } = context;
  const decisionAt = new Map(decisions.map((each) => [addressOf(each), each]));
  const heldAt = new Map(held.map((each) => [formatRealServer(each.realServer), each]));
  const wanted = desired?.virtualServer.realServers ?? new Map<string, RealServer>();
  const keys = new Set([...wanted.keys(), ...(desired?.resets ?? []), ...heldAt.keys()]);
  return Array.from(keys, (address) =>
    realServerView(context, {
      address,
      wanted: wanted.get(address),
      held: heldAt.get(address),
      decision: decisionAt.get(address),
    }),
  ).filter((view) => view !== undefined);
}

interface OneRealServer {
  readonly address: string;
  readonly wanted: RealServer | undefined;
  readonly held: HeldRealServer | undefined;
  readonly decision: EndpointDecision | undefined;
}

function realServerView(
  context: RealServerContext,
  one: OneRealServer,
): RealServerView | undefined {
  const { address, wanted, held, decision } = one;
  const realServer =
    held?.realServer ?? wanted ?? context.desired?.ejection?.candidates.get(address);
  if (realServer === undefined) {
    return undefined;
  }
  const { method } = realServer;
  // One whose connections are reset is in the kernel no more.
  const weight = held === undefined && wanted === undefined ? 0 : realServer.weight;
  return {
    ...endpointView(address, decision?.endpoint, context.thisNode),
    method,
    weight,
    weightBecause: weightBecause(context, one, weight),
    limits: limitsOf(realServer) ?? null,
    state: stateOf(context, one),
    connections: held === undefined ? null : connectionsOf(held),
    counters: countersView(context.kernel.counters.realServer(context.key, address)),
  };
}

function connectionsOf(held: HeldRealServer): ConnectionsView {
  return {
    active: held.activeConnections,
    inactive: held.inactiveConnections,
    persistent: held.persistentConnections ?? null,
  };
}

function weightBecause(context: RealServerContext, one: OneRealServer, weight: number): string {
  if (!context.owned) {
    return 'set by others';
  }
  if (
    weight === 0 &&
    ejectionState(context.desired, one.address, context.kernel)?.kind === 'ejected'
  ) {
    return 'it is ejected';
  }
  if (weight === 0 && one.wanted === undefined) {
    return 'it drains';
  }
  if (slowStartOf(context, one) !== undefined) {
    return 'slow start';
  }
  return one.wanted?.weight === weight ? becauseOf(one.decision?.fate) : 'the kernel holds it so';
}

function becauseOf(fate: EndpointFate | undefined): string {
  const rule =
    fate?.kind === 'weight 0' ? fate.by : fate?.kind === 'used' ? fate.weight?.by : undefined;
  return rule === undefined ? 'every endpoint has the same' : describeWeightRule(rule);
}

/** What a real server that starts slowly has and is to have; undefined for any other. */
function slowStartOf(
  { desired }: RealServerContext,
  { wanted, held }: OneRealServer,
): string | undefined {
  if (desired === undefined || wanted === undefined || held === undefined) {
    return undefined;
  }
  const { weight } = held.realServer;
  return isStarting(desired, wanted.weight, weight) && sameButWeight(wanted, held.realServer)
    ? `slow start: weight ${weight} of ${wanted.weight}`
    : undefined;
}

function sameButWeight(wanted: RealServer, held: RealServer): boolean {
  return sameRealServer(wanted, { ...held, weight: wanted.weight });
}

function stateOf(context: RealServerContext, one: OneRealServer): RealServerState {
  const { kernel, refusal } = context;
  const { address, wanted, held } = one;
  if (refusal !== undefined && isAbout(refusal, address)) {
    return { kind: 'refused', why: refusal.error.message, since: sinceOf(refusal, kernel) };
  }
  const ejection = ejectionState(context.desired, address, kernel);
  if (ejection?.kind === 'ejected') {
    return ejection;
  }
  if (held === undefined) {
    return { kind: 'missing', why: 'an endpoint gets traffic as this, and the kernel lacks it' };
  }
  if (wanted === undefined) {
    return notWanted(context, address, held);
  }
  const full = fullState(context, address, held);
  const slowStart = slowStartOf(context, one);
  if (slowStart !== undefined) {
    return full ?? { kind: 'active', why: slowStart };
  }
  if (!sameRealServer(wanted, held.realServer)) {
    return { kind: 'differs', why: differenceOf(wanted, held.realServer) };
  }
  return full ?? ejection ?? { kind: 'active', why: whyUsed(one) };
}

function fullState(
  { kernel, key }: RealServerContext,
  address: string,
  held: HeldRealServer,
): RealServerState | undefined {
  const limits = limitsOf(held.realServer);
  if (
    limits === undefined ||
    held.realServer.weight === 0 ||
    !isHeldFull(held, kernel.fullUnder?.(key, address))
  ) {
    return undefined;
  }
  const { upper, lower } = limits;
  return {
    kind: 'full',
    why: `no new connections until it has fewer than ${lower}`,
    connections: connectionsThatCount(held),
    limit: upper,
  };
}

/** Null for the ordinary reason: it is ready. */
function whyUsed({ decision }: OneRealServer): string | null {
  return decision?.fate.kind === 'used' && decision.fate.because !== 'ready'
    ? decision.fate.because
    : null;
}

/** One whose virtual server nobody is known to want is as it stands. */
function notWanted(
  { desired, kernel, key, owned }: RealServerContext,
  address: string,
  { realServer, activeConnections, inactiveConnections }: HeldRealServer,
): RealServerState {
  if (!owned || (desired === undefined && realServer.weight > 0)) {
    return { kind: 'active', why: null };
  }
  const drainTimeoutMs = desired?.drainTimeoutMs;
  if (realServer.weight > 0 && desired !== undefined) {
    const isDrained = activeConnections + inactiveConnections === 0;
    const fate = fateOfUnwanted(desired, realServer, isDrained);
    return { kind: 'unwanted', why: describeUnwantedFate(fate) };
  }
  const forMs = kernel.drainingForMs(key, address);
  return {
    kind: 'draining',
    why: describeUnwantedFate('keep draining'),
    since: forMs === undefined ? null : agoText(kernel.nowMs, forMs),
    until:
      forMs === undefined || drainTimeoutMs === undefined
        ? null
        : agoText(kernel.nowMs, forMs - drainTimeoutMs),
  };
}

function isAbout({ error }: Refusal, address: string): boolean {
  return (
    error instanceof IpvsError &&
    'realServer' in error.operation &&
    formatRealServer(error.operation.realServer) === address
  );
}

function differenceOf(wanted: RealServer, held: RealServer): string {
  const fields = ['method', 'weight', 'upperThreshold', 'lowerThreshold'] as const;
  return fields
    .filter((field) => wanted[field] !== held[field])
    .map((field) => `${nameOf[field]} ${held[field]} instead of ${wanted[field]}`)
    .join(', ');
}

const nameOf = {
  method: 'forwarding method',
  weight: 'weight',
  upperThreshold: 'upper limit',
  lowerThreshold: 'lower limit',
} as const;
