import type { IpFamily } from '../../../net/ip-address.ts';
import type { LocalDetector } from '../local-detector.ts';
import { notLocal } from './not-local.ts';
import { setOf, type AnySetRole } from './sets.ts';

/**
 * The chains, which do not depend on Services: what varies stands in sets.
 *
 *   packet to a VIP or node port, from a Pod or outside      from a process of the node
 *   ----------------------------------------------------     --------------------------
 *   mangle PREROUTING -> KIPVS-RANGES   give port ranges     mangle OUTPUT -> KIPVS-RANGES
 *                                       their mark, drop                   -> KIPVS-OUTPUT (drop)
 *   nat PREROUTING  -> KIPVS-SERVICES   mark to masquerade   nat OUTPUT    -> KIPVS-SERVICES
 *                      KIPVS-CLOSED     refuse SCTP                           KIPVS-CLOSED (refuse)
 *   filter INPUT    -> KIPVS-INPUT      refuse, drop           (the rules of others)
 *     (the rules of others)                                                -> KIPVS-MARKS
 *                   -> KIPVS-SERVED     accept what a Service serves
 *   security INPUT  -> KIPVS-MARKS      no bit of others' in the mark of a port range
 *   IPVS                                choose a real server IPVS
 *   nat POSTROUTING -> KIPVS-POSTROUTING masquerade          nat POSTROUTING -> KIPVS-POSTROUTING
 *   answers: filter FORWARD -> KIPVS-FORWARD
 *
 * Since the first port range there are KIPVS-RANGES and KIPVS-MARKS, and what leads to them. IPVS looks a packet
 * up by its whole mark. So the mark of a port range must have no other bit by then, and
 * none that asks for masquerade: the connection has that one (CONNMARK). nat has no place behind the rules of
 * others and before IPVS at INPUT, hence the table security.
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
  /** The bits that packet marks of port ranges may have. */
  readonly rangeMarks: number;
  readonly local: LocalDetector;
  /** Whether this iptables knows `--random-fully`. */
  readonly randomFully: boolean;
  /** Whether there are port ranges, or were some: a node without them has no rules for them. */
  readonly hasPortRanges?: boolean;
}

/**
 * The name of every chain that any version of this program has made: what else begins like them is
 * somebody else's. A chain that is no longer made stays in this list.
 */
export const chainsOfAllVersions: ReadonlySet<string> = new Set([
  'KIPVS-CLOSED',
  'KIPVS-FORWARD',
  'KIPVS-INPUT',
  'KIPVS-MARKS',
  'KIPVS-MASQUERADE',
  'KIPVS-OUTPUT',
  'KIPVS-POSTROUTING',
  'KIPVS-PROBE',
  'KIPVS-RANGES',
  'KIPVS-REFUSE',
  'KIPVS-SERVED',
  'KIPVS-SERVICES',
]);

/** In the order in which they are written: the last one is the one that a kernel is most likely to lack. */
export const tableNames = ['mangle', 'nat', 'filter', 'security'] as const;

export type TableName = (typeof tableNames)[number];

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
  return [
    mangleTable(family, settings),
    natTable(family, settings),
    filterTable(family, settings),
    ...(settings.hasPortRanges === true ? [securityTable(family, settings)] : []),
  ];
}

/** How many rules refer to each set when everything is in place, by the name of the set. */
export function expectedReferences(tables: readonly Table[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { chains, jumps } of tables) {
    const rules = [...chains.flatMap((chain) => chain.rules), ...jumps.map(({ rule }) => rule)];
    for (const [, name = ''] of rules.join('\n').matchAll(setInRule)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

/** A set in the text of a rule. */
export const setInRule = /--(?:match|map)-set (\S+)/g;

const newConnections = '-m conntrack --ctstate NEW';

function mangleTable(family: IpFamily, settings: ChainSettings): Table {
  const { is, isNot, isMarked, ifRanges, jump, mapMark } = wordsOf(family, settings);
  return {
    name: 'mangle',
    chains: [
      ...ifRanges({
        name: 'KIPVS-RANGES',
        rules: [
          mapMark,
          `${isMarked} ${is('range-guarded', 'dst,dst')} ${isNot('range-admitted', 'dst,src')} -j DROP`,
        ],
      }),
      {
        name: 'KIPVS-OUTPUT',
        rules: [`${is('guarded', 'dst,dst')} ${isNot('admitted', 'dst,dst,src')} -j DROP`],
      },
    ],
    jumps: [
      ...ifRanges(
        jump('PREROUTING', 'KIPVS-RANGES', newConnections),
        jump('OUTPUT', 'KIPVS-RANGES', newConnections),
      ),
      jump('OUTPUT', 'KIPVS-OUTPUT', newConnections),
    ],
  };
}

/** The last of ours before IPVS. */
function securityTable(family: IpFamily, settings: ChainSettings): Table {
  const { isMarked, jump } = wordsOf(family, settings);
  return {
    name: 'security',
    chains: [marksChain(family, settings)],
    jumps: [jump('INPUT', 'KIPVS-MARKS', isMarked)],
  };
}

/** What others have in the mark of a packet is taken out where it would hide a virtual server. */
function marksChain(family: IpFamily, settings: ChainSettings): Chain {
  const { is } = wordsOf(family, settings);
  const others = ~settings.rangeMarks >>> 0;
  return {
    name: 'KIPVS-MARKS',
    rules: [`${is('port-ranges', 'dst,dst')} -j MARK --set-xmark 0x0/0x${others.toString(16)}`],
  };
}

/** Whether the packet comes from a process of the node. */
const isOfNode = '-m addrtype --src-type LOCAL';
const isNotOfNode = '-m addrtype ! --src-type LOCAL';

function natTable(family: IpFamily, settings: ChainSettings): Table {
  const { is, isNot, isMarked, ifRanges, always, jump, rangeMarks } = wordsOf(family, settings);
  const mark = markText(settings);
  const setMark = `-j MARK --set-xmark ${mark}/${mark}`;
  const setConnectionMark = `-j CONNMARK --set-xmark ${mark}/${mark}`;
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
          ...ifRanges(`${isMarked} ${always} -j KIPVS-RANGES`),
        ],
      },
      ...ifRanges({
        name: 'KIPVS-RANGES',
        rules: [
          ...(masqueraded === undefined
            ? []
            : [`${masqueraded} ${is('range-cluster', 'dst,dst')} ${setConnectionMark}`.trim()]),
          `${is('range-external', 'dst,dst')} ${setConnectionMark}`,
          ...(outside === undefined
            ? []
            : [`${outside} ${isNotOfNode} ${is('range-node-only', 'dst,dst')} -j KIPVS-CLOSED`]),
          `${is('range-refused', 'dst,dst')} -j KIPVS-CLOSED`,
        ],
      }),
      {
        name: 'KIPVS-CLOSED',
        // To a port at which nobody can listen: the node itself says no, as the protocol has it.
        // SCTP heeds no ICMP. The node's own processes would meet IPVS before KIPVS-INPUT, whose
        // ICMP comes while connect() holds the socket and is lost: it takes a second then.
        // With the mark of a port range they would meet IPVS all the same.
        rules: [
          ...ifRanges(
            `-p sctp ${isMarked} ${always} -j MARK --set-xmark 0x0/${rangeMarks}`,
            `${isOfNode} ${isMarked} ${always} -j MARK --set-xmark 0x0/${rangeMarks}`,
          ),
          `-p sctp ${always} ${redirect}`,
          `-p tcp ${isOfNode} ${always} ${redirect}`,
          `-p udp ${isOfNode} ${always} ${redirect}`,
        ],
      },
      ...leavingChains(family, settings),
      ...ifRanges(marksChain(family, settings)),
    ],
    jumps: [
      jump('PREROUTING', 'KIPVS-SERVICES'),
      jump('OUTPUT', 'KIPVS-SERVICES'),
      ...ifRanges(jump('OUTPUT', 'KIPVS-MARKS', isMarked, 'last')),
      jump('POSTROUTING', 'KIPVS-POSTROUTING'),
    ],
  };
}

/** As the first packet of a connection leaves for the real server. */
function leavingChains(family: IpFamily, settings: ChainSettings): readonly Chain[] {
  const { is, isMarked, ifRanges, always } = wordsOf(family, settings);
  const mark = markText(settings);
  const masquerade = `-j MASQUERADE${settings.randomFully ? ' --random-fully' : ''}`;
  return [
    {
      name: 'KIPVS-POSTROUTING',
      rules: [
        `-m mark --mark ${mark}/${mark} ${always} -j KIPVS-MASQUERADE`,
        ...ifRanges(`${isMarked} -m connmark --mark ${mark}/${mark} ${always} ${masquerade}`),
        // A Pod that reaches itself, and a process of the node that would leave with a VIP.
        `${is('hairpin', 'dst,dst,src')} ${masquerade}`,
        ...ifRanges(`${is('range-hairpin', 'dst,src')} ${masquerade}`),
        `${is('vip', 'src')} ${masquerade}`,
      ],
    },
    {
      name: 'KIPVS-MASQUERADE',
      // Without the mark: a packet that comes by again, in a tunnel, is not for us.
      rules: [`${always} -j MARK --set-xmark ${mark}/0x0`, `${always} ${masquerade}`],
    },
  ];
}

function filterTable(family: IpFamily, settings: ChainSettings): Table {
  const { is, isNot, isMarked, ifRanges, always, jump } = wordsOf(family, settings);
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
          ...ifRanges(`${isMarked} ${is('port-ranges', 'dst,dst')} -g KIPVS-RANGES`),
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
      ...ifRanges({
        name: 'KIPVS-RANGES',
        // What is not turned away here goes on to the rules of others.
        rules: [
          ...(outside === undefined
            ? []
            : [`${outside} ${is('range-node-only', 'dst,dst')} -j KIPVS-REFUSE`]),
          `${is('range-refused', 'dst,dst')} -j KIPVS-REFUSE`,
        ],
      }),
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
          ...ifRanges(`${is('port-ranges', 'dst,dst')} -j ACCEPT`),
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
function wordsOf(family: IpFamily, settings: ChainSettings) {
  const rangeMarks = `0x${settings.rangeMarks.toString(16)}`;
  const name = (role: AnySetRole): string => setOf(role, family).name;
  /** True for every packet. */
  const always = `-m set ! --match-set ${name('empty')} src`;
  return {
    is: (role: AnySetRole, flags: string) => `-m set --match-set ${name(role)} ${flags}`,
    isNot: (role: AnySetRole, flags: string) => `-m set ! --match-set ${name(role)} ${flags}`,
    always,
    rangeMarks,
    /** The packet may have the mark of a port range; a set by marks heeds its bits alone. */
    isMarked: `-m mark ! --mark 0x0/${rangeMarks}`,
    /** What is there for port ranges alone. */
    ifRanges: <T>(...items: readonly T[]): readonly T[] =>
      settings.hasPortRanges === true ? items : [],
    mapMark: `-j SET --map-set ${name('port-ranges')} dst,dst --map-mark`,
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
