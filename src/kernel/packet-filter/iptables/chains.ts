import type { IpFamily } from '../../../net/ip-address.ts';
import type { LocalDetector } from '../local-detector.ts';
import { notLocal } from './not-local.ts';
import { setOf, type AnySetRole } from './sets.ts';

/**
 * The chains, which do not depend on Services: what varies stands in sets.
 *
 *   packet to a VIP or node port, from a Pod or outside      from a process of the node
 *   ----------------------------------------------------     --------------------------
 *   nat PREROUTING  -> KIPVS-SERVICES   mark to masquerade   mangle OUTPUT -> KIPVS-OUTPUT (ranges)
 *                      KIPVS-CLOSED     refuse SCTP          nat OUTPUT    -> KIPVS-SERVICES
 *   filter INPUT    -> KIPVS-INPUT      refuse, drop                          KIPVS-CLOSED (refuse)
 *     (the rules of others)
 *                   -> KIPVS-SERVED     accept what a Service serves
 *   IPVS                                choose a real server IPVS
 *   nat POSTROUTING -> KIPVS-POSTROUTING masquerade          nat POSTROUTING -> KIPVS-POSTROUTING
 *   answers: filter FORWARD -> KIPVS-FORWARD
 *
 * nat sees the first packet of a connection alone; the jumps from filter and mangle let only
 * new connections through. IPVS takes a process's packet after nat OUTPUT (priority -98) and
 * before filter OUTPUT, hence the place of KIPVS-OUTPUT.
 *
 * A rule or jump that looks into the empty set has its reason: the kernel counts for each set
 * the rules that refer to it, and netlink tells that number. So the audit sees without starting
 * a process that a chain was flushed or a jump was deleted.
 */

export interface ChainSettings {
  readonly masqueradeAll: boolean;
  /** 0 to 31; the bit of the packet mark that asks for masquerade. */
  readonly masqueradeBit: number;
  readonly local: LocalDetector;
  /** Whether this iptables knows `--random-fully`. */
  readonly randomFully: boolean;
}

/**
 * The name of every chain that any version of this program has made: what else begins like them is
 * somebody else's. A chain that is no longer made stays in this list.
 */
export const chainsOfAllVersions: ReadonlySet<string> = new Set([
  'KIPVS-CLOSED',
  'KIPVS-FORWARD',
  'KIPVS-INPUT',
  'KIPVS-MASQUERADE',
  'KIPVS-OUTPUT',
  'KIPVS-POSTROUTING',
  'KIPVS-PROBE',
  'KIPVS-REFUSE',
  'KIPVS-SERVED',
  'KIPVS-SERVICES',
]);

export type TableName = 'mangle' | 'nat' | 'filter';

/** One table: our chains with their rules, and the jumps to them from the kernel's chains. */
export interface Table {
  readonly name: TableName;
  readonly chains: readonly Chain[];
  readonly jumps: readonly Jump[];
}

export interface Chain {
  readonly name: string;
  readonly rules: readonly string[];
}

export interface Jump {
  readonly from: string;
  readonly to: string;
  /** Where it is put when it is missing: before the rules of others, or behind them. */
  readonly place: 'first' | 'last';
  /** The rule without `-A CHAIN`. */
  readonly rule: string;
}

/** All tables of a family, in the order in which they are to be written. Pure. */
export function tablesOf(family: IpFamily, settings: ChainSettings): readonly Table[] {
  return [mangleTable(family), natTable(family, settings), filterTable(family, settings)];
}

/** How many rules refer to each set when everything is in place, by the name of the set. */
export function expectedReferences(tables: readonly Table[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { chains, jumps } of tables) {
    const rules = [...chains.flatMap((chain) => chain.rules), ...jumps.map(({ rule }) => rule)];
    for (const [, name = ''] of rules.join('\n').matchAll(/--match-set (\S+)/g)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

const newConnections = '-m conntrack --ctstate NEW';

function mangleTable(family: IpFamily): Table {
  const { is, isNot, jump } = wordsOf(family);
  return {
    name: 'mangle',
    chains: [
      {
        name: 'KIPVS-OUTPUT',
        rules: [`${is('guarded', 'dst,dst')} ${isNot('admitted', 'dst,dst,src')} -j DROP`],
      },
    ],
    jumps: [jump('OUTPUT', 'KIPVS-OUTPUT', newConnections)],
  };
}

/** Whether the packet comes from a process of the node. */
const isOfNode = '-m addrtype --src-type LOCAL';
const isNotOfNode = '-m addrtype ! --src-type LOCAL';

function natTable(family: IpFamily, settings: ChainSettings): Table {
  const { is, isNot, always, jump } = wordsOf(family);
  const mark = markText(settings);
  const setMark = `-j MARK --set-xmark ${mark}/${mark}`;
  const masquerade = `-j MASQUERADE${settings.randomFully ? ' --random-fully' : ''}`;
  const redirect = '-j REDIRECT --to-ports 0';
  const outside = notLocal(settings.local, family);
  const masqueraded = settings.masqueradeAll ? '' : outside;
  return {
    name: 'nat',
    chains: [
      {
        name: 'KIPVS-SERVICES',
        rules: [
          ...(masqueraded === undefined
            ? []
            : [`${masqueraded} ${is('cluster', 'dst,dst')} ${setMark}`.trim()]),
          `${is('external', 'dst,dst')} ${setMark}`,
          // A VIP is bound on every node, but to a node port come Pods of other nodes too, whose
          // answers would go past this node.
          `${is('node-only', 'dst,dst')} ${isNot('vip', 'dst')} ${setMark}`,
          ...(outside === undefined
            ? []
            : [`${outside} ${isNotOfNode} ${is('node-only', 'dst,dst')} -j KIPVS-CLOSED`]),
          `${is('refused', 'dst,dst')} -j KIPVS-CLOSED`,
        ],
      },
      {
        name: 'KIPVS-CLOSED',
        // To a port at which nobody can listen: the node itself says no, as the protocol has it.
        // SCTP heeds no ICMP. The node's own processes would meet IPVS before KIPVS-INPUT, whose
        // ICMP comes while connect() holds the socket and is lost: it takes a second then.
        rules: [
          `-p sctp ${always} ${redirect}`,
          `-p tcp ${isOfNode} ${always} ${redirect}`,
          `-p udp ${isOfNode} ${always} ${redirect}`,
        ],
      },
      {
        name: 'KIPVS-POSTROUTING',
        rules: [
          `-m mark --mark ${mark}/${mark} ${always} -j KIPVS-MASQUERADE`,
          // A Pod that reaches itself, and a process of the node that would leave with a VIP.
          `${is('hairpin', 'dst,dst,src')} ${masquerade}`,
          `${is('vip', 'src')} ${masquerade}`,
        ],
      },
      {
        name: 'KIPVS-MASQUERADE',
        // Without the mark: a packet that comes by again, in a tunnel, is not for us.
        rules: [`${always} -j MARK --set-xmark ${mark}/0x0`, `${always} ${masquerade}`],
      },
    ],
    jumps: [
      jump('PREROUTING', 'KIPVS-SERVICES'),
      jump('OUTPUT', 'KIPVS-SERVICES'),
      jump('POSTROUTING', 'KIPVS-POSTROUTING'),
    ],
  };
}

function filterTable(family: IpFamily, settings: ChainSettings): Table {
  const { is, isNot, always, jump } = wordsOf(family);
  const mark = markText(settings);
  const outside = notLocal(settings.local, family);
  const [icmp, unreachable] =
    family === 'IPv4' ? ['icmp', 'icmp-port-unreachable'] : ['ipv6-icmp', 'icmp6-port-unreachable'];
  return {
    name: 'filter',
    chains: [
      {
        name: 'KIPVS-INPUT',
        rules: [
          `${is('cluster', 'dst,dst')} -j RETURN`,
          `${is('guarded', 'dst,dst')} ${isNot('admitted', 'dst,dst,src')} -j DROP`,
          `${is('external', 'dst,dst')} -j RETURN`,
          `${is('local', 'dst,dst')} -j RETURN`,
          // Their answers would be lost on the way; a refusal is better than silence.
          ...(outside === undefined
            ? []
            : [`${outside} ${is('node-only', 'dst,dst')} -j KIPVS-REFUSE`]),
          `${is('node-only', 'dst,dst')} -j RETURN`,
          `${is('refused', 'dst,dst')} -j KIPVS-REFUSE`,
          `-p tcp ${is('health', 'dst')} -j ACCEPT`,
          // What is left at a VIP is no Service's port: the node's own listeners stay hidden.
          `! -p ${icmp} ${is('vip', 'dst')} -j KIPVS-REFUSE`,
        ],
      },
      {
        name: 'KIPVS-SERVED',
        // IPVS takes its packets behind this table, all of a connection's: a policy DROP, which is
        // meant for the node's own listeners, would leave nothing to it. What others drop by a rule
        // does not come here.
        rules: [
          `${is('cluster', 'dst,dst')} -j ACCEPT`,
          `${is('external', 'dst,dst')} -j ACCEPT`,
          `${is('local', 'dst,dst')} -j ACCEPT`,
          `${is('node-only', 'dst,dst')} -j ACCEPT`,
          `-p tcp ${is('health', 'dst')} -j ACCEPT`,
        ],
      },
      {
        name: 'KIPVS-FORWARD',
        rules: [
          `-m mark --mark ${mark}/${mark} ${always} -j ACCEPT`,
          `-m conntrack --ctstate RELATED,ESTABLISHED ${always} -j ACCEPT`,
        ],
      },
      {
        name: 'KIPVS-REFUSE',
        rules: [
          `-p tcp ${always} -j REJECT --reject-with tcp-reset`,
          `${always} -j REJECT --reject-with ${unreachable}`,
        ],
      },
    ],
    jumps: [
      jump('INPUT', 'KIPVS-INPUT', newConnections),
      jump('FORWARD', 'KIPVS-FORWARD'),
      jump('INPUT', 'KIPVS-SERVED', '', 'last'),
    ],
  };
}

/** The words of rules about the sets of one family. */
function wordsOf(family: IpFamily) {
  const name = (role: AnySetRole): string => setOf(role, family).name;
  /** True for every packet. */
  const always = `-m set ! --match-set ${name('empty')} src`;
  return {
    is: (role: AnySetRole, flags: string) => `-m set --match-set ${name(role)} ${flags}`,
    isNot: (role: AnySetRole, flags: string) => `-m set ! --match-set ${name(role)} ${flags}`,
    always,
    jump: (from: string, to: string, match = '', place: Jump['place'] = 'first'): Jump => ({
      from,
      to,
      place,
      rule: `${match} ${always} -j ${to}`.trim(),
    }),
  };
}

function markText({ masqueradeBit }: ChainSettings): string {
  return `0x${((1 << masqueradeBit) >>> 0).toString(16)}`;
}
