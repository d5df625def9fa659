import type { SchemaOf } from './field.ts';
import type { KernelValues } from './values.ts';

/** Fields that become settings of the kernel. */
export const kernelSchema: SchemaOf<KernelValues> = {
  ipvs: {
    scheduler: {
      doc: 'The scheduler of Services that choose none.',
      format: 'scheduler',
      default: '',
      defaultText: '`rr`',
      unit: 'name of a scheduler',
      change: 'live',
    },
    syncPeriod: {
      doc: 'How often the kernel is read anew and drift repaired. A reading pauses after each of its parts for as long as the part took, so that other work goes on.',
      format: 'go-duration',
      default: '30s',
      defaultText: '`30s`; `0s` means the same',
      unit: 'duration',
      change: 'restart',
    },
    minSyncPeriod: {
      doc: 'The least time between two rounds of work; changes that come in between wait and go together. No longer than `ipvs.syncPeriod`.',
      format: 'go-duration',
      default: '0s',
      unit: 'duration',
      change: 'restart',
    },
    excludeCIDRs: {
      doc: 'Virtual servers with an address in these ranges are never touched.',
      format: 'cidrs',
      default: [],
      unit: 'CIDRs',
      change: 'restart',
    },
    strictARP: {
      doc: 'Answer ARP for an address only on the link that has it (`arp_ignore`, `arp_announce`); load balancers on the local network such as MetalLB want it.',
      format: 'truth',
      default: false,
      unit: 'true or false',
      change: 'restart',
    },
    tcpTimeout: {
      doc: 'How long IPVS keeps an idle TCP connection; `0s` leaves it as it is.',
      format: 'go-duration',
      default: '0s',
      unit: 'duration, whole seconds',
      change: 'live',
    },
    tcpFinTimeout: {
      doc: 'How long IPVS keeps a TCP connection after a FIN; `0s` leaves it as it is.',
      format: 'go-duration',
      default: '0s',
      unit: 'duration, whole seconds',
      change: 'live',
    },
    udpTimeout: {
      doc: 'How long IPVS keeps UDP packets together; `0s` leaves it as it is.',
      format: 'go-duration',
      default: '0s',
      unit: 'duration, whole seconds',
      change: 'live',
    },
  },
  conntrack: {
    maxPerCore: {
      doc: 'Tracked connections per CPU core (`nf_conntrack_max`, which is raised and never lowered); 0 leaves it as it is, whatever `conntrack.min` says.',
      format: 'count',
      default: 32_768,
      unit: 'connections',
      change: 'live',
    },
    min: {
      doc: 'The least `nf_conntrack_max`, however few cores there are.',
      format: 'count',
      default: 131_072,
      unit: 'connections',
      change: 'live',
    },
    tcpEstablishedTimeout: {
      doc: 'How long an idle TCP connection is tracked; `0s` leaves it as it is.',
      format: 'go-duration',
      default: '24h',
      unit: 'duration, whole seconds',
      change: 'live',
    },
    tcpCloseWaitTimeout: {
      doc: 'How long a TCP connection in CLOSE_WAIT is tracked; `0s` leaves it as it is.',
      format: 'go-duration',
      default: '1h',
      unit: 'duration, whole seconds',
      change: 'live',
    },
    tcpBeLiberal: {
      doc: 'Packets outside the TCP window are not marked INVALID (`nf_conntrack_tcp_be_liberal`); `false` leaves it as it is.',
      format: 'truth',
      default: false,
      unit: 'true or false',
      change: 'live',
    },
    udpTimeout: {
      doc: 'How long a UDP flow without a reply is tracked; `0s` leaves it as it is.',
      format: 'go-duration',
      default: '0s',
      unit: 'duration, whole seconds',
      change: 'live',
    },
    udpStreamTimeout: {
      doc: 'How long a UDP flow with replies is tracked; `0s` leaves it as it is.',
      format: 'go-duration',
      default: '0s',
      unit: 'duration, whole seconds',
      change: 'live',
    },
  },
};
