import { hookNumber } from '../../kernel/nf-tables/protocol.ts';
import type { BaseChain } from '../../kernel/nf-tables/client.ts';
import type { DroppingChain } from '../../kernel/packet-filter/choose-packet-filter.ts';
import {
  modulesOfRules,
  oldestRelease,
  ownedSinceRelease,
} from '../../kernel/packet-filter/nftables/needs.ts';
import { found, kindsOf, type Finding } from '../finding.ts';
import { installModules, isLacking, mendModules } from '../install-modules.ts';
import { isBefore } from '../kernel-release.ts';
import type { ModuleState, NodeReaders } from '../readers.ts';
import { shellWord } from '../shell-word.ts';
import { statesOf, type Judged } from './judged.ts';

const neededModules = ['nf_tables', ...modulesOfRules];

export const nftablesKinds = kindsOf({
  'configured-nftables': {
    severity: 'error',
    means:
      'The configuration names the packet filter nftables, which this kernel cannot have: connections are not masqueraded, source ranges are not enforced, and the listeners of the node can be reached at the addresses of Services. Set kubeIpvs.packetFilter to auto, or install the modules.',
    mend: installModules,
  },
  'policy-drop': {
    severity: 'warning',
    means:
      'The configuration names the packet filter nftables, and the policy of a chain of iptables is DROP: it stops packets of Services that no rule of iptables accepts, and a table of nftables cannot lift that. Set kubeIpvs.packetFilter to auto or iptables, or accept these packets in iptables.',
    mend: 'PROGRAM -S CHAIN',
  },
});

/** What the packet filter of nftables has to do with. */
export interface NftablesSeen {
  readonly release: string;
  readonly modules: ReadonlyMap<string, ModuleState>;
}

/** Rejects where modules may not be read. */
export async function lookAtNftables(readers: NodeReaders): Promise<NftablesSeen> {
  return {
    release: readers.machine.release,
    modules: await statesOf(readers, neededModules),
  };
}

/** Why this kernel cannot have the table, as far as it can be told without asking it; undefined where it can. */
export function whyNotNftables({ release, modules }: NftablesSeen): string | undefined {
  const { major, minor } = oldestRelease;
  if (isBefore(release, oldestRelease)) {
    return `Linux ${release} is older than ${major}.${minor}, which nftables takes`;
  }
  const missing = neededModules.filter((name) => isLacking(modules.get(name)));
  return missing.length === 0
    ? undefined
    : `the kernel has no ${missing.join(', ')}, which nftables takes`;
}

/** What is found where the packet filter of nftables is to be used. */
export function judgeNftables(seen: NftablesSeen, dropping: readonly DroppingChain[]): Judged {
  const { release, modules } = seen;
  const lacks = whyNotNftables(seen);
  const lacking = neededModules.filter((name) => isLacking(modules.get(name)));
  return {
    text: isBefore(release, ownedSinceRelease)
      ? 'others can change its table, which is mended within a second'
      : 'others cannot change its table while kube-ipvs runs',
    findings: [
      ...(lacks === undefined
        ? []
        : [
            found(
              nftablesKinds['configured-nftables'],
              `kubeIpvs.packetFilter is nftables, and ${lacks}`,
              lacking.length === 0 ? undefined : mendModules(lacking, modules),
            ),
          ]),
      ...dropping.map(({ program, chain }) =>
        found(
          nftablesKinds['policy-drop'],
          `kubeIpvs.packetFilter is nftables, and the policy of ${chain} in ${program} is DROP`,
          `${program} -S ${chain}`,
        ),
      ),
    ],
    notTold: neededModules.filter((name) => modules.get(name) === 'unknown'),
  };
}

export const othersKinds = kindsOf({
  'others-drop': {
    severity: 'warning',
    means:
      'A chain of somebody else’s table of nftables has the policy drop: it stops packets of Services that its own rules do not accept, and neither packet filter lifts that. Its table has to accept the ranges of Services (at input) and of Pods (at forward), and node ports.',
    mend: 'nft list chain FAMILY TABLE CHAIN',
  },
});

/** Policies of others' tables that no packet filter of ours lifts. */
export function judgeOthers(chains: readonly BaseChain[]): readonly Finding[] {
  return chains.map(({ family = 'inet', table, name, hook }) =>
    found(
      othersKinds['others-drop'],
      `table ${family} ${table}: the policy of chain ${name}, at ${hook === hookNumber.input ? 'input' : 'forward'}, is drop`,
      `nft list chain ${family} ${shellWord(table)} ${shellWord(name)}`,
    ),
  );
}
