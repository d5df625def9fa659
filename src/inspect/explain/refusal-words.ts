import type { Service } from '../../cluster/objects.ts';
import type { Protocol } from '../../net/protocol.ts';
import type { Traffic } from '../../translate/front-end.ts';
import type { Step } from './explanation.ts';
import { policyField } from './decision-step.ts';

/** How the sender is told that it is refused. */
export function refusalAnswer(protocol: Protocol): string {
  switch (protocol) {
    case 'TCP':
      return 'a TCP reset';
    case 'UDP':
      return 'an ICMP "port unreachable"';
    case 'SCTP':
      return 'an SCTP ABORT';
  }
}

/** What becomes of packets when no endpoint is left, for those who wonder what clients would see then. */
export function whenNoneIsLeft(
  key: string,
  { internalTrafficPolicy, externalTrafficPolicy }: Service,
  traffic: Traffic,
  protocol: Protocol,
): Step {
  const policy = traffic === 'internal' ? internalTrafficPolicy : externalTrafficPolicy;
  const refused = `refused at once, with ${refusalAnswer(protocol)}`;
  return {
    text: `when no endpoint is left: ${outcome(policy === 'Local', traffic, refused)}`,
    object: `Service ${key}`,
    field: policyField(traffic),
  };
}

function outcome(isLocal: boolean, traffic: Traffic, refused: string): string {
  if (!isLocal) {
    return `everybody is ${refused}`;
  }
  return traffic === 'internal'
    ? `everybody is ${refused}; those on other nodes do not count`
    : `on this node, clients outside are ${refused}, while this node and its Pods go to those of other nodes; on no node, everybody is refused`;
}
