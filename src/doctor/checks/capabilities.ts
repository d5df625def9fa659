import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';

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
      'The legacy variant of iptables opens a raw socket, which needs NET_RAW: its rules can be neither read nor written, and nothing is masqueraded. Run it as root; in a Pod, add NET_RAW to the securityContext as config/base does.',
    mend: 'sudo kube-ipvs doctor',
  },
  'oom-score': {
    severity: 'note',
    means:
      'oomScoreAdj of the configuration is lower than what this process has, and to lower it needs SYS_RESOURCE: the log says once that it could not be set. In practice it makes no difference.',
  },
});

/** The numbers of capabilities (linux/capability.h). */
const netAdmin = 12n;
const netRaw = 13n;
const sysResource = 24n;

interface Seen {
  /** The bits of the effective capabilities; undefined where the kernel does not say. */
  readonly effective: bigint | undefined;
  readonly oomScore: { readonly wanted: number; readonly present: number | undefined };
}

/** What this process may do. */
export const capabilities = defineCheck<Seen>({
  name: 'capabilities',
  title: 'Capabilities of this process',
  looksAt:
    'CapEff in /proc/self/status. They are those of the doctor: in the Pod of kube-ipvs the same as those of the daemon.',
  kinds,
  look: async (readers) => {
    const status = (await readers.file('/proc/self/status')) ?? '';
    const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
    const score = await readers.file('/proc/self/oom_score_adj');
    return {
      effective: hex === undefined ? undefined : BigInt(`0x${hex}`),
      oomScore: {
        wanted: readers.settings.oomScoreAdj,
        present: score === undefined ? undefined : Number(score),
      },
    };
  },
  judge: ({ effective, oomScore }) => {
    if (effective === undefined) {
      throw new Error('/proc/self/status has no line CapEff');
    }
    const has = (number: bigint): boolean => ((effective >> number) & 1n) === 1n;
    const findings: Finding[] = [];
    if (!has(netAdmin)) {
      findings.push(found(kinds['no-net-admin'], 'NET_ADMIN is missing'));
    }
    if (!has(netRaw)) {
      findings.push(found(kinds['no-net-raw'], 'NET_RAW is missing'));
    }
    const { wanted, present } = oomScore;
    if (present !== undefined && wanted < present && !has(sysResource)) {
      const seen = `oomScoreAdj is ${wanted}, this process has ${present}, and SYS_RESOURCE is missing`;
      findings.push(found(kinds['oom-score'], seen));
    }
    return orFine(findings, 'NET_ADMIN and NET_RAW are there');
  },
});
