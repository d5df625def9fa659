import { chainsOfAllVersions, tablesOf } from '../../kernel/packet-filter/iptables/chains.ts';
import {
  chooseVariant,
  type VariantFinding,
} from '../../kernel/packet-filter/iptables/choose-variant.ts';
import {
  iptablesVariants,
  type IptablesVariant,
} from '../../kernel/packet-filter/iptables/iptables.ts';
import { featuresOf, moduleOf } from '../../kernel/packet-filter/iptables/missing-feature.ts';
import { chainRemovalLine } from '../../kernel/packet-filter/iptables/removal-line.ts';
import { allSets, isNeeded, workWithout } from '../../kernel/packet-filter/iptables/sets.ts';
import { moduleOfType } from '../../kernel/ipset/client.ts';
import type { SetType } from '../../kernel/ipset/model.ts';
import type { IpFamily } from '../../net/ip-address.ts';
import { found, kindsOf, type Finding } from '../finding.ts';
import { installModules, isLacking, mendModules } from '../install-modules.ts';
import type { ModuleState, NodeReaders, RulesReading } from '../readers.ts';
import { statesOf, type Judged } from './judged.ts';

/** All chains that any version has made, for awk. */
const ourChains = `(${[...chainsOfAllVersions].join('|')})`;

export const iptablesKinds = kindsOf({
  'no-variant': {
    severity: 'error',
    means:
      'The packet filter iptables is to be used, and neither variant of iptables can work here: connections are not masqueraded, source ranges are not enforced, and the listeners of the node can be reached at the addresses of Services.',
    mend: installModules,
  },
  'no-program': {
    severity: 'error',
    means:
      'The packet filter iptables is to be used, and the program of its variant is not installed (the image of kube-ipvs has both). kube-ipvs waits for it and is not ready until then.',
    mend: 'apt-get install iptables || dnf install iptables-nft',
  },
  'configured-variant': {
    severity: 'error',
    means:
      'The configuration names a variant of iptables that cannot work on this node. Set kubeIpvs.iptablesVariant to auto, or install its modules.',
    mend: installModules,
  },
  'missing-modules': {
    severity: 'error',
    means:
      'The packet filter iptables is to be used, and the kernel lacks modules of matches or targets: rules that need them are left out, and what they do with them (masquerade, refusals, source ranges). They are in the kernel package of the distribution.',
    mend: installModules,
  },
  'missing-sets': {
    severity: 'error',
    means:
      'The packet filter iptables is to be used, and the kernel lacks sets that nearly all rules look into: there is no masquerade and no filter.',
    mend: installModules,
  },
  'missing-other-sets': {
    severity: 'warning',
    means:
      'The packet filter iptables is to be used, and the kernel lacks a type of set; the rules that look into such sets are left out.',
    mend: installModules,
  },
  'chains-in-both': {
    severity: 'warning',
    means:
      'Chains of kube-ipvs stand in both variants of iptables: those in the variant that is no longer used look into the same sets and go on refusing packets. The line takes them out of one program’s tables, and no rule of others.',
    mend: chainRemovalLine('IPTABLES', ourChains),
  },
});

/** What a variant needs of the kernel before any rule; what of it a table needs is loaded with that. */
const modulesOfVariant: Readonly<Record<IptablesVariant, readonly string[]>> = {
  legacy: ['ip_tables', 'iptable_filter', 'iptable_nat', 'iptable_mangle'],
  nft: ['nf_tables', 'nft_compat', 'nft_chain_nat'],
};

interface VariantSeen {
  readonly hasProgram: boolean;
  readonly rules: RulesReading;
}

/** What the packet filter of iptables has to do with. */
export interface IptablesSeen {
  readonly wanted: IptablesVariant | 'auto';
  readonly variants: Readonly<Record<IptablesVariant, VariantSeen>>;
  readonly families: readonly IpFamily[];
  /** Each match and target of our rules. */
  readonly features: readonly string[];
  readonly modules: ReadonlyMap<string, ModuleState>;
}

/** Rejects where rules may not be read. */
export async function lookAtIptables(readers: NodeReaders): Promise<IptablesSeen> {
  const { chains, iptables } = readers.settings.kernel;
  const tables = readers.families.flatMap((family) => tablesOf(family, chains));
  const rules = tables.flatMap((table) => [
    ...table.chains.flatMap((chain) => chain.rules),
    ...table.jumps.map(({ rule }) => rule),
  ]);
  const features = [...new Set(rules.flatMap(featuresOf))];
  return {
    wanted: iptables,
    variants: {
      legacy: await lookAt(readers, 'legacy'),
      nft: await lookAt(readers, 'nft'),
    },
    families: readers.families,
    features,
    modules: await statesOf(readers, [
      ...Object.values(modulesOfVariant).flat(),
      ...modulesOf(features),
      ...setTypes(readers.families).map((type) => moduleOfType[type]),
    ]),
  };
}

/** What is found where the packet filter of iptables is to be used. */
export function judgeIptables(seen: IptablesSeen): Judged {
  const choice = judgeVariant(seen);
  return {
    text: choice.text,
    findings: [
      ...choice.findings,
      ...missingMatches(seen),
      ...missingSets(seen),
      ...chainsInBoth(seen, choice.variant),
    ],
    notTold: neededModules(seen).filter((name) => seen.modules.get(name) === 'unknown'),
  };
}

/** The programs with chains of ours in their tables. */
export function programsWithChains({ variants }: IptablesSeen): readonly string[] {
  return iptablesVariants
    .filter((variant) => holdsChains(variants[variant]))
    .map((variant) => `iptables-${variant}`);
}

function neededModules({ features, families }: IptablesSeen): readonly string[] {
  return [
    ...new Set([...modulesOf(features), ...setTypes(families).map((type) => moduleOfType[type])]),
  ];
}

async function lookAt(readers: NodeReaders, variant: IptablesVariant): Promise<VariantSeen> {
  return {
    hasProgram: await readers.program(`iptables-${variant}-save`),
    rules: await readers.rules('IPv4', variant),
  };
}

function modulesOf(features: readonly string[]): readonly string[] {
  return features.flatMap((feature) => moduleOf(feature)?.split(' and ') ?? []);
}

function setTypes(families: readonly IpFamily[]): readonly SetType[] {
  return [...new Set(allSets(families).map(({ type }) => type))];
}

interface JudgedVariant {
  readonly findings: readonly Finding[];
  readonly text: string;
  readonly variant: IptablesVariant | undefined;
}

function judgeVariant(seen: IptablesSeen): JudgedVariant {
  const { wanted } = seen;
  if (wanted !== 'auto') {
    const missing = missingOf(seen, wanted);
    const text = `iptables variant ${wanted}, as the configuration says`;
    return missing.length === 0
      ? { findings: programOf(seen, wanted), text, variant: wanted }
      : {
          findings: [
            found(
              iptablesKinds['configured-variant'],
              `kubeIpvs.iptablesVariant is ${wanted}, and the kernel has no ${missing.join(', ')}`,
            ),
          ],
          text,
          variant: undefined,
        };
  }
  const choice = chooseVariant({
    legacy: findingOf(seen, 'legacy'),
    nft: findingOf(seen, 'nft'),
  });
  switch (choice.kind) {
    case 'chosen':
      return {
        findings: programOf(seen, choice.variant),
        text: `iptables variant ${choice.variant}: ${choice.why}`,
        variant: choice.variant,
      };
    case 'wait':
      throw new Error(choice.reason);
    case 'none': {
      const lacks = iptablesVariants.map(
        (variant) => `${variant}: ${reasonOf(findingOf(seen, variant))}`,
      );
      return {
        findings: [found(iptablesKinds['no-variant'], lacks.join('; '))],
        text: '',
        variant: undefined,
      };
    }
  }
}

function missingOf({ modules }: IptablesSeen, variant: IptablesVariant): readonly string[] {
  return modulesOfVariant[variant].filter((name) => isLacking(modules.get(name)));
}

/** As the daemon would find it; what is not loaded holds no rules yet. */
function findingOf(seen: IptablesSeen, variant: IptablesVariant): VariantFinding {
  const { rules } = seen.variants[variant];
  const missing = missingOf(seen, variant);
  if (missing.length > 0) {
    return { kind: 'fails', reason: `the kernel has no ${missing.join(', ')}` };
  }
  return rules.kind === 'failed'
    ? { kind: 'fails', reason: rules.reason }
    : { kind: 'works', rules: rules.kind === 'rules' ? rules.text : '' };
}

function reasonOf(finding: VariantFinding): string {
  return finding.kind === 'works' ? 'works' : finding.reason;
}

function programOf({ variants }: IptablesSeen, variant: IptablesVariant): readonly Finding[] {
  return variants[variant].hasProgram
    ? []
    : [found(iptablesKinds['no-program'], `there is no program iptables-${variant}-save`)];
}

function missingMatches({ features, modules }: IptablesSeen): readonly Finding[] {
  const isMissing = (name: string): boolean => isLacking(modules.get(name));
  const missing = features.filter((feature) => modulesOf([feature]).some(isMissing));
  const names = [...new Set(modulesOf(missing).filter(isMissing))];
  return names.length === 0
    ? []
    : [
        found(
          iptablesKinds['missing-modules'],
          `no module for ${missing.join(', ')}`,
          mendModules(names, modules),
        ),
      ];
}

function missingSets({ families, modules }: IptablesSeen): readonly Finding[] {
  return setTypes(families)
    .filter((type) => isLacking(modules.get(moduleOfType[type])))
    .map((type) => {
      const set = { name: '', type, family: 'IPv4' } as const;
      return found(
        isNeeded(set) ? iptablesKinds['missing-sets'] : iptablesKinds['missing-other-sets'],
        `no sets of type ${type}: ${workWithout(set)}`,
        mendModules([moduleOfType[type]], modules),
      );
    });
}

function chainsInBoth(
  { variants }: IptablesSeen,
  chosen: IptablesVariant | undefined,
): readonly Finding[] {
  const holding = iptablesVariants.filter((variant) => holdsChains(variants[variant]));
  const unused = chosen === 'nft' ? 'legacy' : 'nft';
  return holding.length < 2
    ? []
    : [
        found(
          iptablesKinds['chains-in-both'],
          `chains KIPVS-* in both variants; ${chosen ?? 'none'} is used`,
          chainRemovalLine(`iptables-${unused}`, ourChains),
        ),
      ];
}

function holdsChains({ rules }: VariantSeen): boolean {
  return rules.kind === 'rules' && /^:KIPVS-/m.test(rules.text);
}
