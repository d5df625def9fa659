import type { Sysctl } from './settings.ts';

/** What the configuration says about connection tracking; 0 and `false` leave a value as it is. */
export interface ConntrackSettings {
  readonly maxPerCore: number;
  readonly min: number;
  readonly tcpEstablishedSeconds: number;
  readonly tcpCloseWaitSeconds: number;
  readonly tcpBeLiberal: boolean;
  readonly udpSeconds: number;
  readonly udpStreamSeconds: number;
}

/**
 * The settings of the kernel's connection tracking, as kube-proxy sets them
 * (cmd/kube-proxy/app/conntrack.go). `cores` are those of the machine, not those that this process
 * may use (kube-proxy issue 99225). A table that is larger already is left as it is. Pure.
 */
export function conntrackSysctls(settings: ConntrackSettings, cores: number): readonly Sysctl[] {
  const { maxPerCore, min } = settings;
  const most = maxPerCore === 0 ? 0 : Math.max(min, maxPerCore * cores);
  return [
    sysctl('max', most, `conntrack: ${maxPerCore} connections for each of ${cores} cores`, true),
    // A chain of four in each bucket, as the kernel's own default has it.
    sysctl('buckets', Math.floor(most / 4), 'conntrack: a hash table for that many', true),
    sysctl(
      'tcp_timeout_established',
      settings.tcpEstablishedSeconds,
      'conntrack.tcpEstablishedTimeout',
    ),
    sysctl('tcp_timeout_close_wait', settings.tcpCloseWaitSeconds, 'conntrack.tcpCloseWaitTimeout'),
    sysctl('tcp_be_liberal', settings.tcpBeLiberal ? 1 : 0, 'conntrack.tcpBeLiberal'),
    sysctl('udp_timeout', settings.udpSeconds, 'conntrack.udpTimeout'),
    sysctl('udp_timeout_stream', settings.udpStreamSeconds, 'conntrack.udpStreamTimeout'),
  ].filter(({ value }) => value !== '0');
}

function sysctl(name: string, value: number, why: string, raiseOnly = false): Sysctl {
  return { path: `net/netfilter/nf_conntrack_${name}`, value: String(value), why, raiseOnly };
}
