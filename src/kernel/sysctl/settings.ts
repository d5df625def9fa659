/** A kernel setting by its path below /proc/sys, and what it must be. */
export interface Sysctl {
  readonly path: string;
  readonly value: string;
  /** For the log. */
  readonly why: string;
  /** A number that may be greater already. */
  readonly raiseOnly?: boolean;
}

/** Whether the kernel's present value must be changed. */
export function mustBeSet(sysctl: Sysctl, present: string): boolean {
  return sysctl.raiseOnly === true
    ? Number(present) < Number(sysctl.value)
    : present !== sysctl.value;
}

export interface SysctlOptions {
  /** `ipvs.strictARP`: answer ARP only for addresses of the link that is asked. */
  readonly strictArp: boolean;
  /** The kernel's release: `6.1.176`. */
  readonly kernelRelease: string;
}

/** What IPVS needs of the kernel to serve Services (the same as kube-proxy in ipvs mode). Pure. */
export function requiredSysctls({ strictArp, kernelRelease }: SysctlOptions): readonly Sysctl[] {
  return [
    {
      path: 'net/ipv4/vs/conntrack',
      value: '1',
      why: 'IPVS traffic can be masqueraded only when conntrack knows it',
    },
    {
      path: 'net/ipv4/vs/expire_nodest_conn',
      value: '1',
      why: 'connections to a real server that is gone end at once',
    },
    {
      path: 'net/ipv4/vs/expire_quiescent_template',
      value: '1',
      why: 'session affinity does not hold on to a real server that drains',
    },
    ...(reusesConnectionsBadly(kernelRelease)
      ? [
          {
            path: 'net/ipv4/vs/conn_reuse_mode',
            value: '0',
            why: 'before Linux 5.9 a reused port costs a second (kube-proxy issue 81775)',
          },
        ]
      : []),
    { path: 'net/ipv4/ip_forward', value: '1', why: 'the node forwards to its Pods' },
    ...(strictArp
      ? [
          {
            path: 'net/ipv4/conf/all/arp_ignore',
            value: '1',
            why: 'strictARP: other nodes with the same VIP must not answer for it',
          },
          {
            path: 'net/ipv4/conf/all/arp_announce',
            value: '2',
            why: 'strictARP: a VIP is not announced as the source',
          },
        ]
      : []),
  ];
}

function reusesConnectionsBadly(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split(/[.-]/).map(Number);
  return major < 5 || (major === 5 && minor < 9);
}
