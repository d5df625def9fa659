import { formatRealServer, type RealServer } from '../../kernel/ipvs/model.ts';
import type { FilterMember } from '../../kernel/packet-filter/filter-member.ts';
import { decidedBy } from './decided-by.ts';
import type { SeenSource, Step } from './explanation.ts';
import type { Origin } from './origin.ts';
import type { Question } from './packet-steps.ts';
import type { ExplainWorld } from './world.ts';

/** Whether a packet is masqueraded on its way to any real server, and why. */
export interface Masquerade {
  readonly isMasqueraded: boolean;
  readonly step: Step;
}

/** What is decided before a real server is chosen. `service` is the holder of the front end. */
export function masqueradeOf(question: Question, service: string): Masquerade {
  const { to, origin, roles, world } = question;
  const yes = (why: string, step: Omit<Step, 'text'>) => ({
    isMasqueraded: true,
    step: { text: `masqueraded: ${why}`, ...ruleOf(question), ...step },
  });
  const no = (why: string, step: Omit<Step, 'text'>) => ({
    isMasqueraded: false,
    step: { text: `not masqueraded: ${why}`, ...ruleOf(question), ...step },
  });
  const policy = { object: `Service ${service}`, field: 'spec.externalTrafficPolicy' };
  if (origin.isNode) {
    return yes(
      'a process of this node never leaves it with a VIP as its source',
      decidedBy('vip', 'it leaves', to, world),
    );
  }
  switch (roles.frontEnd) {
    case 'cluster':
      return clusterMasquerade(origin, world, yes, no);
    case 'external':
      return yes('with policy Cluster answers of any node have to come back here', policy);
    case 'node-only':
      return roles.isVip
        ? no('only Pods of this node get through, to whom answers find back by themselves', policy)
        : yes(
            'Pods of other nodes come to a node port too, and answers have to come back here',
            policy,
          );
    default:
      return no('with policy Local the address of the client is kept', policy);
  }
}

type Say = (why: string, step: Omit<Step, 'text'>) => Masquerade;

function clusterMasquerade(
  { isOutside }: Origin,
  { settings }: ExplainWorld,
  yes: Say,
  no: Say,
): Masquerade {
  const object = 'configuration';
  if (settings.kernel.chains.masqueradeAll) {
    return yes('so is everything that goes to cluster IPs', {
      object,
      field: 'iptables.masqueradeAll',
    });
  }
  const field = 'clusterCIDR';
  if (isOutside) {
    return yes('it is no traffic of a Pod, and answers have to come back here', { object, field });
  }
  return settings.localDetection.kind === 'none'
    ? no('nothing tells Pods from others', { object, field })
    : no('to a cluster IP Pods keep their address', { object, field });
}

function ruleOf({ to, world, roles }: Question): Pick<Step, 'rule' | 'place'> {
  const { frontEnd: role, range } = roles;
  return role === undefined ? {} : decidedBy(role, 'it leaves', to, world, range !== undefined);
}

/** What one real server sees, and why where that is another thing than for the others. */
export interface Seen {
  readonly source: SeenSource;
  readonly step: Step | undefined;
}

/** The source that a real server sees of a packet. */
export function seenAt(
  realServer: RealServer,
  { to, origin, roles, world }: Question,
  { isMasqueraded }: Masquerade,
): Seen {
  const { desired, translator } = world;
  if (origin.isNode) {
    return { source: 'node', step: undefined };
  }
  const { address } = realServer;
  const name = formatRealServer(realServer);
  if (translator.nodeFacts.nodeAddresses.has(address.text)) {
    return isMasqueraded
      ? {
          source: 'client',
          step: {
            text: `${name} is on this node itself, in its network: the packet leaves the node nowhere, so that nothing masquerades it`,
          },
        }
      : { source: 'client', step: undefined };
  }
  if (isMasqueraded) {
    return { source: 'node', step: undefined };
  }
  const itself = hairpinOf(realServer, to, roles);
  return desired.isMember(itself) && origin.source?.equals(address) === true
    ? {
        source: 'node',
        step: {
          text: `${name} is the sender itself, which would take its own address for a forgery: masqueraded`,
          ...decidedBy(itself.role, 'it leaves', to, world),
        },
      }
    : { source: 'client', step: undefined };
}

/** By which member the packet filter knows an endpoint of this node that reaches itself. */
function hairpinOf(
  { address, port }: RealServer,
  { protocol }: Question['to'],
  { range }: Question['roles'],
): FilterMember {
  return range === undefined
    ? { role: 'hairpin', entry: { kind: 'endpoint to itself', address, protocol, port } }
    : { role: 'range-hairpin', entry: { kind: 'address to itself', address } };
}
