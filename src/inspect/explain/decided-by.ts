import type { FilterRole } from '../../kernel/packet-filter/filter-member.ts';
import { ruleName, type DecidedAs } from '../../kernel/packet-filter/rule-names.ts';
import type { Step } from './explanation.ts';
import type { Destination } from './packet.ts';
import type { ExplainWorld } from './world.ts';

/** The role by which the packet filter decides about a packet, and where that is to be seen on this node. */
export function decidedBy(
  role: FilterRole,
  as: DecidedAs,
  { address: { family } }: Pick<Destination, 'address'>,
  { packetFilter }: Pick<ExplainWorld, 'packetFilter'>,
  isPortRange = false,
): Pick<Step, 'rule' | 'place'> {
  return { rule: role, place: ruleName(packetFilter, role, family, as, isPortRange) };
}
