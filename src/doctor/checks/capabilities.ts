import { effectiveCapabilities, type Capabilities } from '../../kernel/capabilities.ts';
import type { PacketFilterKind } from '../../kernel/packet-filter/packet-filter.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { choiceOf, lookAtChoice } from '../packet-filter/choice.ts';
import type { NodeReaders } from '../readers.ts';

const kinds = kindsOf({
  'no-net-admin': {
    severity: 'error',
    means:
      'Without NET_ADMIN neither IPVS nor addresses, sets and rules can be read or written: kube-ipvs does not start with these rights, and the doctor sees little. Run it as root; in a Pod, add NET_ADMIN to the securityContext as config/base does.',
    mend: 'sudo kube-ipvs doctor',
  },
  'no-net-raw': {
    severity: 'error',
    means:
      'The packet filter iptables would be used, whose programs open raw sockets, which needs NET_RAW: rules can be neither read nor written, and nothing is masqueraded. Run it as root; in a Pod, add NET_RAW to the securityContext as config/base does.',
    mend: 'sudo kube-ipvs doctor',
  },
  'net-raw-for-iptables': {
    severity: 'note',
    means:
      'The packet filter nftables would be used, which does not need NET_RAW. But kubeIpvs.packetFilter is auto: without NET_RAW a policy DROP of the legacy variant of iptables is not seen, and rules of iptables that an earlier run has left are not removed. Where there is neither, set it to nftables.',
  },
  'oom-score': {
    severity: 'note',
    means:
      'oomScoreAdj of the configuration is lower than what this process has, and to lower it needs SYS_RESOURCE: the log says once that it could not be set. In practice it makes no difference.',
  },
});

interface Seen {
  /** What the configuration names, and what it leads to. */
  readonly packetFilter: {
    readonly wanted: PacketFilterKind | 'auto';
    readonly kind: PacketFilterKind;
  };
  /** Undefined where the kernel does not say. */
  readonly effective: Capabilities | undefined;
  readonly oomScore: { readonly wanted: number; readonly present: number | undefined };
}

/** What this process may do. */
export const capabilities = defineCheck<Seen>({
  name: 'capabilities',
  title: 'Capabilities of this process',
  looksAt:
    'CapEff in /proc/self/status, and which packet filter would be used. They are those of the doctor: in the Pod of kube-ipvs the same as those of the daemon.',
  kinds,
  look: async (readers) => {
    const status = (await readers.file('/proc/self/status')) ?? '';
    const score = await readers.file('/proc/self/oom_score_adj');
    return {
      packetFilter: {
        wanted: readers.settings.kernel.packetFilter,
        kind: await packetFilterOf(readers),
      },
      effective: effectiveCapabilities(status),
      oomScore: {
        wanted: readers.settings.oomScoreAdj,
        present: score === undefined ? undefined : Number(score),
      },
    };
  },
  judge: ({ packetFilter, effective, oomScore }) => {
    if (effective === undefined) {
      throw new Error('/proc/self/status has no line CapEff');
    }
    const findings: Finding[] = [];
    if (!effective.has('NET_ADMIN')) {
      findings.push(found(kinds['no-net-admin'], 'NET_ADMIN is missing'));
    }
    if (!effective.has('NET_RAW') && packetFilter.kind === 'iptables') {
      findings.push(found(kinds['no-net-raw'], 'NET_RAW is missing'));
    } else if (!effective.has('NET_RAW') && packetFilter.wanted === 'auto') {
      findings.push(found(kinds['net-raw-for-iptables'], 'NET_RAW is missing'));
    }
    const { wanted, present } = oomScore;
    if (present !== undefined && wanted < present && !effective.has('SYS_RESOURCE')) {
      const seen = `oomScoreAdj is ${wanted}, this process has ${present}, and SYS_RESOURCE is missing`;
      findings.push(found(kinds['oom-score'], seen));
    }
    const fine = effective.has('NET_RAW')
      ? 'NET_ADMIN and NET_RAW are there'
      : 'NET_ADMIN is there, and the packet filter nftables needs no other';
    return orFine(findings, fine);
  },
});

/** Where it cannot be told, the one that needs more. */
async function packetFilterOf(readers: NodeReaders): Promise<PacketFilterKind> {
  const wanted = readers.settings.kernel.packetFilter;
  if (wanted !== 'auto') {
    return wanted;
  }
  return lookAtChoice(readers).then(
    (seen) => choiceOf(seen).kind,
    () => 'iptables',
  );
}
