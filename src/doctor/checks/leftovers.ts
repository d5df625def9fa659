import { formatVirtualServer } from '../../kernel/ipvs/model.ts';
import type { NftTable } from '../../kernel/nf-tables/client.ts';
import { iptablesVariants } from '../../kernel/packet-filter/iptables/iptables.ts';
import { leadsToServices, modesOfRules } from '../../kernel/takeover/kube-proxy-rules.ts';
import { kubeProxyTablesOf } from '../../kernel/takeover/kube-proxy-tables.ts';
import { kubeProxySets } from '../../kernel/takeover/kube-proxy-names.ts';
import type { Leftovers } from '../../kernel/takeover/leftovers.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import type { RulesReading } from '../readers.ts';
import { isKubeProxyThere } from '../../kernel/takeover/kube-proxy-seen.ts';
import { askAll, judgeAnswers, type WhoServes } from '../../kernel/takeover/who-serves.ts';

const cleanUp = 'kube-ipvs cleanup --kube-proxy';

const kinds = kindsOf({
  'iptables-mode': {
    severity: 'error',
    means:
      'Chains of kube-proxy in iptables mode lead packets to endpoints before IPVS sees them, and nobody updates them once kube-proxy is gone: connections go to Pods that are long dead. Remove them once kube-proxy is off this node and kube-ipvs is ready here; connections that are open go on. Look first with --dry-run.',
    mend: cleanUp,
  },
  'nftables-mode': {
    severity: 'error',
    means:
      'A table of kube-proxy in nftables mode leads packets to endpoints before IPVS sees them, and nobody updates it once kube-proxy is gone: connections go to Pods that are long dead. Remove it once kube-proxy is off this node and kube-ipvs is ready here; connections that are open go on. Look first with --dry-run.',
    mend: cleanUp,
  },
  'in-use': {
    severity: 'note',
    means:
      'kube-proxy runs on this node, and these are its rules at work. kube-ipvs can be started beside them: they answer first until they are removed, which is done once kube-proxy is off this node.',
    mend: cleanUp,
  },
  'ipvs-mode': {
    severity: 'warning',
    means:
      'kube-ipvs runs, and chains, sets or virtual servers of kube-proxy in ipvs mode are still there. Nobody updates them: its chains refuse ports that Services get later. Look first with --dry-run.',
    mend: cleanUp,
  },
  'ipvs-mode-before': {
    severity: 'note',
    means:
      'kube-ipvs takes over what Services claim of it, without a break. Remove the rest once kube-ipvs is ready here, and not before.',
    mend: cleanUp,
  },
});

/** The programs whose tables hold chains of the iptables mode; and those with chains of the ipvs mode. */
interface RulesSeen {
  /** `ip6tables-nft`. */
  readonly program: string;
  readonly rules: RulesReading;
}

interface Seen {
  readonly rules: readonly RulesSeen[];
  readonly tables: readonly NftTable[];
  readonly sets: readonly string[];
  readonly ipvs: Leftovers;
  /** Whether a kube-proxy runs: these are no leftovers then. */
  readonly runs: boolean;
  readonly serves: WhoServes;
}

/** What kube-proxy has left, in whichever mode. */
export const leftovers = defineCheck<Seen>({
  name: 'leftovers',
  title: 'Leftovers of kube-proxy',
  looksAt:
    'Chains of kube-proxy in both variants of iptables, its tables of nftables (ip and ip6 kube-proxy), its sets, and virtual servers and addresses that its sets name and kube-ipvs has not taken over.',
  kinds,
  look: async (readers) => {
    const rules: RulesSeen[] = [];
    for (const family of readers.families) {
      for (const variant of iptablesVariants) {
        const program = `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
        rules.push({ program, rules: await readers.rules(family, variant) });
      }
    }
    const names = await readers.setNames();
    const answers = await askAll(readers);
    return {
      rules,
      tables: await readers.nftTables(),
      sets: readers.families.flatMap(kubeProxySets).filter((name) => names.has(name)),
      ipvs: await readers.ipvsLeftovers(),
      runs: isKubeProxyThere(await readers.processes(), answers),
      serves: judgeAnswers(answers),
    };
  },
  judge: (seen) =>
    orFine(
      [...iptablesMode(seen), ...nftablesMode(seen), ...ipvsMode(seen)],
      'nothing of kube-proxy is there',
    ),
});

function textOf({ rules }: RulesSeen): string {
  return rules.kind === 'rules' ? rules.text : '';
}

function iptablesMode({ rules, runs }: Seen): readonly Finding[] {
  return rules
    .filter((each) => modesOfRules(textOf(each)).includes('iptables'))
    .map((each) => {
      const leads = leadsToServices(textOf(each)) ? ', and packets are led into them' : '';
      return found(
        runs ? kinds['in-use'] : kinds['iptables-mode'],
        `${each.program}: chains of kube-proxy in iptables mode${leads}`,
        cleanUp,
      );
    });
}

function nftablesMode({ tables, runs }: Seen): readonly Finding[] {
  return kubeProxyTablesOf(tables).map(({ family, name }) =>
    found(
      runs ? kinds['in-use'] : kinds['nftables-mode'],
      `nftables: table ${family} ${name}`,
      cleanUp,
    ),
  );
}

function ipvsMode({ rules, sets, ipvs, serves }: Seen): readonly Finding[] {
  const programs = rules.filter((each) => modesOfRules(textOf(each)).includes('ipvs'));
  const parts = [
    ...(programs.length === 0
      ? []
      : [`chains in ${programs.map(({ program }) => program).join(', ')}`]),
    ...(sets.length === 0 ? [] : [`${sets.length} sets KUBE-*`]),
    ...(ipvs.virtualServers.length === 0
      ? []
      : [`virtual servers ${shortList(ipvs.virtualServers.map(formatVirtualServer))}`]),
    ...(ipvs.boundAddresses.length === 0
      ? []
      : [`addresses ${shortList(ipvs.boundAddresses.map(({ text }) => text))}`]),
  ];
  const kind = serves.kind === 'kube-ipvs' ? kinds['ipvs-mode'] : kinds['ipvs-mode-before'];
  return parts.length === 0 ? [] : [found(kind, `of the ipvs mode: ${parts.join('; ')}`)];
}

function shortList(all: readonly string[]): string {
  return all.length <= 3
    ? all.join(', ')
    : `${all.slice(0, 3).join(', ')} and ${all.length - 3} more`;
}
