import type { ObjectKey } from '../cluster/objects.ts';
import { formatVirtualServer } from '../kernel/ipvs/model.ts';
import {
  commonPorts,
  mergedPorts,
  singlePort,
  withoutPorts,
  type PortRange,
} from '../net/port-range.ts';
import type {
  Decision,
  FrontEndDecision,
  PortRangeDecision,
  PortRangeFate,
} from '../translate/decisions.ts';
import type { DesiredState } from './desired-state.ts';

/** What is asked of the desired state. */
export type ClaimKnowledge = Pick<
  DesiredState,
  'serviceOf' | 'portRangesAt' | 'portRangeConflictsAt'
>;

/**
 * The decision of a Service's translation, with what only the desired state knows: a front end that the
 * Service would serve is another one's if an older Service claims it. Of port ranges some may be served,
 * and others not: they become several decisions.
 */
export function withClaims(
  decision: Decision,
  service: ObjectKey,
  desired: ClaimKnowledge,
): readonly Decision[] {
  switch (decision.about) {
    case 'front end':
      return [frontEndWithClaims(decision, service, desired)];
    case 'port range':
      return portRangesWithClaims(decision, service, desired);
    default:
      return [decision];
  }
}

function frontEndWithClaims(
  decision: FrontEndDecision,
  service: ObjectKey,
  desired: ClaimKnowledge,
): FrontEndDecision {
  const { protocol, frontEnd, fate } = decision;
  if (fate.kind !== 'served' || !('address' in frontEnd)) {
    return decision;
  }
  const { address, port } = frontEnd;
  const holder = desired.serviceOf(
    formatVirtualServer({ kind: 'address', protocol, address, port }),
  );
  return holder === undefined || holder === service
    ? decision
    : { ...decision, fate: { kind: 'claimed by an older Service', service: holder } };
}

function portRangesWithClaims(
  decision: PortRangeDecision,
  service: ObjectKey,
  desired: ClaimKnowledge,
): readonly PortRangeDecision[] {
  const { address, protocol, ports, mark, fate } = decision;
  if (fate.kind !== 'served') {
    return [decision];
  }
  const atAddress = desired.portRangesAt(address);
  if (atAddress.length === 0) {
    return [decision];
  }
  const parts: PortRangeDecision[] = [];
  const part = (some: readonly PortRange[], of: PortRangeFate): void => {
    if (some.length > 0) {
      parts.push({ ...decision, ports: some, fate: of });
    }
  };
  const held = atAddress.filter((range) => range.protocol === protocol && range.mark === mark);
  part(commonPorts(ports, held), fate);
  const lost = desired
    .portRangeConflictsAt(address.text)
    .filter((conflict) => conflict.loser === service && conflict.protocol === protocol);
  for (const { holder, ports: claimed } of lost) {
    const kind = 'claimed by an older Service';
    part(commonPorts(ports, claimed), { kind, service: holder });
  }
  const others = withoutPorts(ports, [...held, ...lost.flatMap((conflict) => conflict.ports)]);
  for (const [holder, ordinary] of ordinaryPorts(decision, others, desired)) {
    part(mergedPorts(ordinary), { kind: 'ordinary ports', service: holder });
  }
  return parts;
}

/** Those that have a virtual server of their own, by the Service that holds it. */
function ordinaryPorts(
  { address, protocol }: PortRangeDecision,
  among: readonly PortRange[],
  desired: ClaimKnowledge,
): ReadonlyMap<ObjectKey, readonly PortRange[]> {
  const found = new Map<ObjectKey, PortRange[]>();
  for (const { first, last } of among) {
    for (let port = first; port <= last; port += 1) {
      const key = formatVirtualServer({ kind: 'address', protocol, address, port });
      const holder = desired.serviceOf(key);
      if (holder !== undefined) {
        const ofHolder = found.get(holder) ?? [];
        ofHolder.push(singlePort(port));
        found.set(holder, ofHolder);
      }
    }
  }
  return found;
}
