import { vipLinkName } from '../../kernel/vip-link/protocol.ts';
import { defineCheck } from '../check.ts';
import { found, kindsOf, orFine, type Finding } from '../finding.ts';
import { findBlocking, installModules, isLacking, mendModules } from '../install-modules.ts';
import { isBefore } from '../kernel-release.ts';
import type { ModuleState } from '../readers.ts';

const kinds = kindsOf({
  'no-ipvs': {
    severity: 'error',
    means:
      'The kernel has no IPVS, neither loaded nor as a module: no Service can be served. The module is in the kernel package of the distribution (linux-modules-extra, kernel-modules); the images of some clouds leave it out.',
    mend: installModules,
  },
  'ipvs-blocked': {
    severity: 'error',
    means:
      'The configuration of modprobe on this node keeps IPVS from being loaded (`install ip_vs /bin/false`): no Service can be served. Take that line out.',
    mend: findBlocking('ip_vs'),
  },
  'ipvs-not-loaded': {
    severity: 'note',
    means:
      'IPVS is there as a module and not loaded yet. Newer kernels (seen from 6.1 on) load it when kube-ipvs asks for it; older ones need the component load-modules, or this.',
    mend: 'modprobe ip_vs && echo ip_vs >/etc/modules-load.d/ipvs.conf',
  },
  'ipvs-not-told': {
    severity: 'note',
    means:
      'IPVS is not loaded, and /lib/modules is not to be seen here: whether the kernel can load it is not known. Ask on the node itself.',
    mend: 'modinfo ip_vs',
  },
  'too-old': {
    severity: 'error',
    means:
      'Linux before 4.18 does not keep the mark by which kube-ipvs knows its own addresses: what it has bound would never be unbound again. Upgrade the kernel of the node.',
  },
  'no-dummy-links': {
    severity: 'error',
    means: `The kernel has no dummy links: ${vipLinkName}, which holds the addresses of Services, cannot be made.`,
    mend: installModules,
  },
});

interface Seen {
  readonly release: string;
  readonly ipvs: ModuleState;
  /** The link is there already, or can be made. */
  readonly dummy: ModuleState;
}

/** The kernel, and whether it has IPVS. */
export const kernel = defineCheck<Seen>({
  name: 'kernel',
  title: 'Kernel and IPVS',
  looksAt:
    'The release of the kernel, /proc/net/ip_vs, the loaded modules and those in /lib/modules. No module is loaded by it.',
  kinds,
  look: async (readers) => {
    const isLoaded = await readers.exists('/proc/net/ip_vs');
    const hasLink = (await readers.links()).some(({ name }) => name === vipLinkName);
    return {
      release: readers.machine.release,
      ipvs: isLoaded ? 'present' : await readers.module('ip_vs'),
      dummy: hasLink ? 'present' : await readers.module('dummy'),
    };
  },
  judge: ({ release, ipvs, dummy }) => {
    const linux = `Linux ${release}`;
    const findings: Finding[] = [];
    if (isBefore(release, { major: 4, minor: 18 })) {
      findings.push(found(kinds['too-old'], linux));
    }
    switch (ipvs) {
      case 'missing':
        findings.push(found(kinds['no-ipvs'], `${linux} has no module ip_vs`));
        break;
      case 'blocked':
        findings.push(found(kinds['ipvs-blocked'], `${linux}: ip_vs may not be loaded`));
        break;
      case 'loadable':
        findings.push(found(kinds['ipvs-not-loaded'], `${linux}: ip_vs is not loaded`));
        break;
      case 'unknown':
        findings.push(found(kinds['ipvs-not-told'], `${linux}: ip_vs is not loaded`));
        break;
      case 'present':
    }
    if (isLacking(dummy)) {
      findings.push(
        found(
          kinds['no-dummy-links'],
          `${linux}: the module dummy is ${dummy}`,
          mendModules(['dummy'], new Map([['dummy', dummy]])),
        ),
      );
    }
    return orFine(findings, `${linux} with IPVS`);
  },
});
