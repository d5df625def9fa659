import type { BaseChain } from '../../kernel/nf-tables/client.ts';
import { tableName } from '../../kernel/packet-filter/nftables/rules.ts';
import type { PacketFilterKind } from '../../kernel/packet-filter/packet-filter.ts';
import { droppingOfOthers } from '../../kernel/packet-filter/packet-filter-facts.ts';
import { allSets, spareOf } from '../../kernel/packet-filter/iptables/sets.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { choiceOf, lookAtChoice, type ChoiceSeen } from '../packet-filter/choice.ts';
import {
  iptablesKinds,
  judgeIptables,
  lookAtIptables,
  programsWithChains,
  type IptablesSeen,
} from '../packet-filter/iptables.ts';
import type { Judged } from '../packet-filter/judged.ts';
import {
  judgeNftables,
  judgeOthers,
  nftablesKinds,
  othersKinds,
} from '../packet-filter/nftables.ts';
import type { NodeReaders } from '../readers.ts';
import { shellWord } from '../shell-word.ts';
import { whoServes, type WhoServes } from '../../kernel/takeover/who-serves.ts';

const kinds = {
  ...nftablesKinds,
  ...iptablesKinds,
  ...othersKinds,
  ...kindsOf({
    'two-filters': {
      severity: 'warning',
      means:
        'Both packet filters of kube-ipvs are here, though one alone is used: the other one goes on refusing by what was known once. A start of kube-ipvs removes it, and its log says what does not go.',
      mend: 'kubectl -n kube-system delete pod -l app.kubernetes.io/name=kube-ipvs --field-selector spec.nodeName=NODE',
    },
    'left-behind': {
      severity: 'warning',
      means:
        'kube-proxy serves here, and a packet filter of kube-ipvs is still there: nobody updates it, and it refuses ports that Services get later. Remove it once kube-proxy is ready.',
      mend: 'kube-ipvs cleanup',
    },
    stopped: {
      severity: 'note',
      means:
        'A packet filter of kube-ipvs is here, and no kube-ipvs answers. After a stop that is as it should be: what is there goes on serving until the next start takes it up. Where kube-ipvs is not to come back, remove it.',
      mend: 'kube-ipvs cleanup --dry-run',
    },
    'not-told': {
      severity: 'note',
      means:
        '/lib/modules is not to be seen here: which modules the kernel can load is not known. Ask on the node itself.',
      mend: 'modinfo -n MODULES',
    },
  }),
};

interface Seen extends ChoiceSeen {
  readonly nodeName: string;
  readonly iptables: IptablesSeen;
  /** Chains of others' tables of nftables whose policy is drop. */
  readonly othersDropping: readonly BaseChain[];
  /** What of ours is there, in words. */
  readonly present: Readonly<Record<PacketFilterKind, string | undefined>>;
  readonly serves: WhoServes;
}

/** Both packet filters, which one would be used, and what its rules need. */
export const packetFilter = defineCheck<Seen>({
  name: 'packet-filter',
  title: 'Packet filter',
  looksAt:
    'Which packet filter would be used, and why: the modules of nf_tables, the policies of chains at input and forward; for iptables both of its variants, with their programs and kernel modules, which one would be chosen, the modules of each match and target in our rules, and of each type of set. What of either is there already. Rules are read only where the kernel has loaded what holds them.',
  kinds,
  look: async (readers) => {
    const iptables = await lookAtIptables(readers);
    return {
      ...(await lookAtChoice(readers)),
      nodeName: readers.settings.nodeName,
      iptables,
      othersDropping: droppingOfOthers(await readers.nftBaseChains()),
      present: {
        nftables: await ourTable(readers),
        iptables: await ourSetsAndChains(readers, iptables),
      },
      serves: await whoServes(readers),
    };
  },
  judge: (seen) => {
    const choice = choiceOf(seen);
    const { findings, text, notTold } = judgeChosen(choice.kind, seen);
    return orFine(
      [
        ...findings,
        ...judgeOthers(seen.othersDropping),
        ...judgePresent(seen),
        ...(notTold.length === 0
          ? []
          : [
              found(
                kinds['not-told'],
                `not loaded, and not known whether they could be: ${notTold.join(', ')}`,
                `modinfo -n ${notTold.join(' ')}`,
              ),
            ]),
      ],
      `packet filter ${choice.kind}: ${choice.why}; ${text}`,
    );
  },
});

function judgeChosen(kind: PacketFilterKind, { nftables, iptables, dropping }: Seen): Judged {
  switch (kind) {
    case 'nftables':
      return judgeNftables(nftables, dropping);
    case 'iptables':
      return judgeIptables(iptables);
  }
}

async function ourTable(readers: NodeReaders): Promise<string | undefined> {
  const isThere = (await readers.nftTables()).some(
    ({ family, name }) => family === 'inet' && name === tableName,
  );
  return isThere ? `the table inet ${tableName}` : undefined;
}

async function ourSetsAndChains(
  readers: NodeReaders,
  iptables: IptablesSeen,
): Promise<string | undefined> {
  const names = await readers.setNames();
  const sets = allSets(readers.families).filter(
    (set) => names.has(set.name) || names.has(spareOf(set).name),
  );
  const programs = programsWithChains(iptables);
  const parts = [
    ...(programs.length === 0 ? [] : [`chains KIPVS-* in ${programs.join(' and ')}`]),
    ...(sets.length === 0 ? [] : [`sets kube-ipvs-* (${sets.length})`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' and ');
}

function judgePresent({ present, serves, nodeName }: Seen): readonly Finding[] {
  const parts = Object.values(present).filter((part) => part !== undefined);
  const seen = parts.join('; ');
  if (parts.length === 0) {
    return [];
  }
  switch (serves.kind) {
    case 'kube-ipvs':
      return parts.length === 1
        ? []
        : [
            found(
              kinds['two-filters'],
              `both are there: ${seen}`,
              `kubectl -n kube-system delete pod -l app.kubernetes.io/name=kube-ipvs --field-selector ${shellWord(`spec.nodeName=${nodeName}`)}`,
            ),
          ];
    case 'kube-proxy':
      return [found(kinds['left-behind'], `still there: ${seen}`)];
    case 'nobody':
    case 'another program':
      return [found(kinds.stopped, `there, and no kube-ipvs answers: ${seen}`)];
  }
}
