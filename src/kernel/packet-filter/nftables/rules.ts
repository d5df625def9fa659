import type { IpFamily } from '../../../net/ip-address.ts';
import type { NftChain, NftHook, NftRule, NftRuleset } from '../../nf-tables/ruleset.ts';
import type { Expression } from '../../nf-tables/expressions.ts';
import type { LocalDetector } from '../local-detector.ts';
import { outsideOf } from './outside.ts';
import { allSets, healthPorts, nameOf, setOf, type SetRole } from './sets.ts';
import { rule, steps, verdict } from './words.ts';

/**
 * The table, which does not depend on Services: what varies stands in its sets and maps, of which
 * there is one for each family (-4, -6).
 *
 *   nat prerouting, a new connection from a Pod or from outside ─┐
 *   nat output, one of a process of the node ────────────────────┴─> begin
 *     where does it go? map front-ends, by address . protocol . port
 *       cluster                 accept
 *       external, local         guard      drop whom the source ranges do not admit
 *       node-only               node-only  the same; refuse who comes from outside
 *       refused                 refused    the same; refuse
 *       (range-ends has the same for port ranges, behind it)
 *     none of these, but a VIP  unserved   ICMP and health checks pass; refuse
 *
 *   filter input, the last before IPVS ──> mark (since the first port range: it sees all packets)
 *     map range-marks gives new connections to port ranges the mark that their virtual server is for;
 *     those of a process of the node have it from nat output, which is followed by IPVS at once
 *
 *   IPVS (at input and output, behind these) chooses the real server
 *
 *   nat postrouting ──> leave
 *     where was it meant to go? map sources, by the first destination of the connection
 *       cluster                 cluster-source    masquerade what comes from outside; own-source
 *       external                masqueraded
 *       local                   own-source        masquerade a Pod that reaches itself, and the node
 *       node-only               node-only-source  masquerade, unless it is a VIP; own-source
 *       (range-sources has the same for port ranges)
 *     none of these, but from a VIP: masquerade
 *
 * All chains but that of filter input are of the type nat: they see the first packet of a connection alone. The
 * connection keeps where it was meant to go, so that no packet is marked for masquerade. IPVS looks for a
 * virtual server by the whole mark first, and only then by address and port: hence marks are set as late as can
 * be, when others (Calico, in filter INPUT) have set theirs. Of addresses without port ranges nothing is
 * looked up but that: a look into a set of ranges costs a multiple of one into a hash.
 * An `accept` ends our part; the chains of others see the packet as ever.
 *
 * When a verdict that leads to a chain comes into a map, the kernel follows those of all others again
 * (nft_table_validate in net/netfilter/nf_tables_api.c). Hence cluster IPs, which are most, have none:
 * `accept` in the one map, and `return` in the other, behind which their chain stands.
 */
export const tableName = 'kube-ipvs';

const comment = 'made by kube-ipvs, see docs/masquerade.md; changes by others are undone';

/** What the rules depend on. */
export interface RuleSettings {
  readonly masqueradeAll: boolean;
  readonly local: LocalDetector;
  /** Whether there are port ranges, or were some. */
  readonly hasPortRanges?: boolean;
}

/** NF_IP_PRI_NAT_DST and NF_IP_PRI_NAT_SRC. */
const priority = { destination: -100, source: 100 } as const;

/** Before the hooks of IPVS, at NF_IP_PRI_NAT_SRC - 2 and - 1 (net/netfilter/ipvs/ip_vs_core.c). */
const markPriority = 97;

/** The chains of a front end's kinds, as the verdicts of the two maps name them. */
export type FrontEndChain = 'guard' | 'node-only' | 'refused';
export type SourceChain = 'masqueraded' | 'own-source' | 'node-only-source';

/** The whole table of these families. Pure. Throws RangeError for a name of a link that is none. */
export function rulesetOf(families: readonly IpFamily[], settings: RuleSettings): NftRuleset {
  return {
    table: tableName,
    comment,
    sets: allSets(families),
    chains: [
      refuseChain,
      masqueradeChain,
      ...families.flatMap((family) => [
        ...beginChains(family, settings.local),
        ...leaveChains(family, settings),
      ]),
      { name: 'begin', rules: families.flatMap(beginRules) },
      { name: 'leave', rules: families.flatMap(leaveRules) },
      ...(settings.hasPortRanges === true ? markChains(families) : []),
      baseChain('nat-prerouting', 'prerouting', priority.destination, 'begin'),
      {
        ...baseChain('nat-output', 'output', priority.destination, 'begin'),
        rules: [...families.map(markRule), rule(verdict.goto('begin'))],
      },
      baseChain('nat-postrouting', 'postrouting', priority.source, 'leave'),
    ],
  };
}

function baseChain(
  name: string,
  hook: NftHook['hook'],
  priorityAt: number,
  chain: string,
): NftChain {
  return {
    name,
    hook: { type: 'nat', hook, priority: priorityAt },
    rules: [rule(verdict.goto(chain))],
  };
}

/** Each packet to the node meets them: a node without port ranges has none. */
function markChains(families: readonly IpFamily[]): readonly NftChain[] {
  return [
    { name: 'mark', rules: families.map(markRule) },
    {
      name: 'filter-input',
      hook: { type: 'filter', hook: 'input', priority: markPriority },
      rules: [rule(...steps.isNew(), verdict.goto('mark'))],
    },
  ];
}

function markRule(family: IpFamily): NftRule {
  const { toAddressWithRanges, toEndpoint, rule } = wordsOf(family);
  return rule(
    ...toAddressWithRanges(),
    ...toEndpoint(),
    ...steps.setMarkBy(setOf('range-marks', family).name),
  );
}

function beginRules(family: IpFamily): readonly NftRule[] {
  const { inSet, inMap, toAddressWithRanges, toEndpoint, rule } = wordsOf(family);
  return [
    rule(...toEndpoint(), inMap('front-ends')),
    rule(...toAddressWithRanges(), ...toEndpoint(), inMap('range-ends')),
    rule(
      ...steps.loadDestination(family, 0),
      inSet('vips'),
      verdict.goto(nameOf('unserved', family)),
    ),
  ];
}

function leaveRules(family: IpFamily): readonly NftRule[] {
  return [
    rule(steps.isFamily(family), verdict.jump(nameOf('leave', family))),
    // What has come back is for a cluster IP.
    rule(steps.isFamily(family), verdict.goto(nameOf('cluster-source', family))),
  ];
}

const refuseChain: NftChain = {
  name: 'refuse',
  rules: [
    // To a port at which nobody can listen: the node itself says no, as the protocol has it. SCTP
    // heeds no ICMP, and what a process of the node sends is lost before it can be rejected.
    rule(steps.isProtocol('SCTP'), steps.redirectToNobody()),
    rule(steps.isOfNode(), steps.isProtocol('TCP'), steps.redirectToNobody()),
    rule(steps.isOfNode(), steps.isProtocol('UDP'), steps.redirectToNobody()),
    rule(steps.isProtocol('TCP'), steps.reject('TCP reset')),
    rule(steps.reject('port unreachable')),
  ],
};

const masqueradeChain: NftChain = { name: 'masqueraded', rules: [rule(steps.masquerade())] };

function beginChains(family: IpFamily, local: LocalDetector): readonly NftChain[] {
  const { chain, inSet, toAddressWithRanges, toEndpoint, toEndpointFrom, rule } = wordsOf(family);
  const outside = outsideOf(local, family);
  const dropOutside = (guarded: SetRole, admitted: SetRole): readonly Expression[] => [
    ...toEndpoint(),
    inSet(guarded),
    ...toEndpointFrom(),
    inSet(admitted, 'not in'),
    verdict.drop(),
  ];
  const guard = [
    rule(...dropOutside('guarded', 'admitted')),
    rule(...toAddressWithRanges(), ...dropOutside('range-guarded', 'range-admitted')),
  ];
  return [
    chain('guard', guard),
    chain('node-only', [
      ...guard,
      // Their answers would be lost on the way; a refusal is better than silence.
      ...outside.map((from) => rule(steps.isNotOfNode(), ...from, verdict.goto(refuseChain.name))),
    ]),
    chain('refused', [...guard, rule(verdict.goto(refuseChain.name))]),
    chain('unserved', [
      rule(steps.isProtocol(family === 'IPv4' ? 'ICMP' : 'ICMPv6'), verdict.accept()),
      rule(
        steps.isProtocol('TCP'),
        ...steps.loadPort(0),
        { kind: 'in set', set: healthPorts.name, from: 0, is: 'in' },
        verdict.accept(),
      ),
      // What is left at a VIP is no Service's port: the node's own listeners stay hidden.
      rule(verdict.goto(refuseChain.name)),
    ]),
  ];
}

function leaveChains(
  family: IpFamily,
  { masqueradeAll, local }: RuleSettings,
): readonly NftChain[] {
  const { chain, inSet, inMap, toEndpointFrom, toAddressFrom, firstEndpoint, rule } =
    wordsOf(family);
  const masquerade = verdict.goto(masqueradeChain.name);
  const ownSource = verdict.goto(nameOf('own-source', family));
  const fromVip = rule(...steps.loadSource(family, 0), inSet('vips'), masquerade);
  const outside = masqueradeAll ? [[]] : outsideOf(local, family);
  return [
    chain('own-source', [
      rule(...toEndpointFrom(), inSet('hairpins'), masquerade),
      rule(...toAddressFrom(), inSet('range-hairpins'), masquerade),
      fromVip,
      rule(verdict.accept()),
    ]),
    chain('cluster-source', [...outside.map((from) => rule(...from, masquerade)), rule(ownSource)]),
    chain('node-only-source', [
      // A VIP is bound on every node, but to a node port come Pods of other nodes too, whose answers
      // would go past this node.
      rule(...steps.loadFirstDestination(family, 0), inSet('vips', 'not in'), masquerade),
      rule(ownSource),
    ]),
    chain('leave', [
      rule(...firstEndpoint(), inMap('sources')),
      rule(
        ...steps.loadFirstDestination(family, 0),
        inSet('range-vips'),
        ...firstEndpoint(),
        inMap('range-sources'),
      ),
      fromVip,
      rule(verdict.accept()),
    ]),
  ];
}

/** The words of rules about the sets of one family; keys begin in the first register. */
function wordsOf(family: IpFamily) {
  const inSet = (role: SetRole, is: 'in' | 'not in' = 'in'): Expression => ({
    kind: 'in set',
    set: setOf(role, family).name,
    from: 0,
    is,
  });
  const words = family === 'IPv4' ? 1 : 4;
  const endpoint = (load: readonly Expression[], port: readonly Expression[]) => [
    ...load,
    steps.loadProtocol(words),
    ...port,
  ];
  const toEndpoint = (): readonly Expression[] =>
    endpoint(steps.loadDestination(family, 0), steps.loadPort(words + 1));
  return {
    inSet,
    inMap: (role: 'front-ends' | 'sources' | 'range-ends' | 'range-sources'): Expression => ({
      kind: 'verdict of map',
      map: setOf(role, family).name,
      from: 0,
    }),
    /** One that looks at addresses says of which family: without that nft cannot print them. */
    rule: (...expressions: readonly (Expression | readonly Expression[])[]): NftRule => {
      const looksAtAddresses = expressions
        .flat()
        .some((step) => step.kind === 'header' && step.of === 'network');
      return rule(...(looksAtAddresses ? [steps.isFamily(family)] : []), ...expressions);
    },
    chain: (name: string, rules: readonly NftRule[]): NftChain => ({
      name: nameOf(name, family),
      rules,
    }),
    /** The packet's destination with its port. */
    toEndpoint,
    /** The same, and its source behind it. */
    toEndpointFrom: (): readonly Expression[] => [
      ...toEndpoint(),
      ...steps.loadSource(family, words + 2),
    ],
    /** Its destination has port ranges. */
    toAddressWithRanges: (): readonly Expression[] => [
      ...steps.loadDestination(family, 0),
      inSet('range-vips'),
    ],
    /** The packet's destination and source, without ports. */
    toAddressFrom: (): readonly Expression[] => [
      ...steps.loadDestination(family, 0),
      ...steps.loadSource(family, words),
    ],
    /** Where the connection was meant to go. */
    firstEndpoint: (): readonly Expression[] =>
      endpoint(steps.loadFirstDestination(family, 0), [
        { kind: 'first destination', of: 'port', into: words + 1 },
      ]),
  };
}
