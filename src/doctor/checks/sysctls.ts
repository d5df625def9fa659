import { conntrackSysctls } from '../../kernel/sysctl/conntrack.ts';
import { mustBeSet, requiredSysctls, type Sysctl } from '../../kernel/sysctl/settings.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { whoServes } from '../../kernel/takeover/who-serves.ts';

const kinds = kindsOf({
  'cannot-be-set': {
    severity: 'error',
    means:
      'A kernel setting that Services need has another value, and this process may not change it: /proc/sys is read-only. Set it by hand; in a Pod, mount /proc/sys/net of the node and name it in KUBE_IPVS_PROC_SYS, as config/base does.',
    mend: 'sysctl -w NAME=VALUE',
  },
  'changed-by-others': {
    severity: 'warning',
    means:
      'kube-ipvs runs here and sets this, so that somebody else has changed it since; it is set again with the next audit. Look who writes it: files in /etc/sysctl.d, a tuning daemon, a script of the network plugin.',
    mend: 'grep -rn NAME /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d',
  },
  'will-be-set': {
    severity: 'note',
    means: 'kube-ipvs sets these when it starts; nothing is to be done.',
  },
});

interface SysctlSeen {
  readonly sysctl: Sysctl;
  /** Undefined where the kernel has no such setting (yet): IPVS or conntrack is not loaded. */
  readonly present: string | undefined;
  readonly maySet: boolean;
}

interface Seen {
  readonly sysctls: readonly SysctlSeen[];
  readonly isRunning: boolean;
}

/** What kube-ipvs sets of the kernel. */
export const sysctls = defineCheck<Seen>({
  name: 'sysctls',
  title: 'Kernel settings',
  looksAt:
    'The settings that kube-ipvs sets at its start: net.ipv4.ip_forward, net.ipv4.vs.*, with strictARP arp_ignore and arp_announce, and net.netfilter.nf_conntrack_* as the configuration has them; and whether they may be written.',
  kinds,
  look: async (readers) => {
    const { settings, machine } = readers;
    const { strictArp } = settings.kernel;
    const wanted = [
      ...requiredSysctls({ strictArp, kernelRelease: machine.release }),
      ...conntrackSysctls(settings.conntrack, machine.cores),
    ];
    const seen: SysctlSeen[] = [];
    for (const sysctl of wanted) {
      const present = await readers.sysctl(sysctl.path);
      const maySet = present === undefined || (await readers.maySet(sysctl.path));
      seen.push({ sysctl, present, maySet });
    }
    return { sysctls: seen, isRunning: (await whoServes(readers)).kind === 'kube-ipvs' };
  },
  judge: ({ sysctls: all, isRunning }) => {
    const wrong = all.filter(
      ({ sysctl, present }) => present !== undefined && mustBeSet(sysctl, present),
    );
    const absent = all.filter(({ present }) => present === undefined);
    const findings = wrong.flatMap((each): Finding[] => {
      const { sysctl, maySet } = each;
      const name = sysctl.path.replaceAll('/', '.');
      if (!maySet) {
        const seen = `${differenceOf(each)}, and may not be written: ${sysctl.why}`;
        return [found(kinds['cannot-be-set'], seen, `sysctl -w ${name}=${sysctl.value}`)];
      }
      return isRunning
        ? [
            found(
              kinds['changed-by-others'],
              `${differenceOf(each)}: ${sysctl.why}`,
              `grep -rn ${name.replaceAll('.', '[./]')} /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d`,
            ),
          ]
        : [];
    });
    const toBeSet = isRunning ? [] : wrong.filter(({ maySet }) => maySet);
    const notes = [...toBeSet.map(changeOf), ...absentText(absent)];
    return orFine(
      [...findings, ...(notes.length === 0 ? [] : [found(kinds['will-be-set'], notes.join(', '))])],
      `${all.length} settings are as they should be`,
    );
  },
});

function differenceOf({ sysctl, present }: SysctlSeen): string {
  const { path, value, raiseOnly } = sysctl;
  const least = raiseOnly === true ? 'at least ' : '';
  return `${path.replaceAll('/', '.')} is ${present ?? 'absent'} and should be ${least}${value}`;
}

function changeOf({ sysctl: { path, value }, present }: SysctlSeen): string {
  return `${path.replaceAll('/', '.')} from ${present ?? ''} to ${value}`;
}

/** They come with the module that has them. */
function absentText(absent: readonly SysctlSeen[]): readonly string[] {
  const folders = new Set(
    absent.map(({ sysctl }) => (sysctl.path.includes('/vs/') ? 'IPVS' : 'conntrack')),
  );
  return folders.size === 0
    ? []
    : [`${[...folders].join(' and ')} not loaded yet: ${absent.length} settings come with it`];
}
