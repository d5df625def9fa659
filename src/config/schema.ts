import convict from 'convict';
import { iptablesVariants } from '../masquerade/iptables.ts';
import { Cidr } from '../net/cidr.ts';
import { fallbackScheduler, schedulers } from '../translate/scheduler.ts';
import { parseGoDuration } from './go-duration.ts';

/**
 * The fields of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) that are
 * honoured, at their own places in the file.
 */
export const schema = {
  mode: {
    doc: 'The proxy mode; this program is the ipvs mode.',
    format: ['', 'ipvs'],
    default: '',
  },
  nodePortAddresses: {
    doc: 'Which node addresses answer on node ports: CIDRs, or primary for the IPs of the Node; empty for all.',
    format: 'node-port-addresses',
    default: [] as readonly string[],
  },
  clusterCIDR: {
    doc: 'The addresses of Pods, one range per family, comma separated: connections from elsewhere to a cluster IP are masqueraded.',
    format: 'cluster-cidr',
    default: '',
  },
  hostnameOverride: {
    doc: 'The name of the Node, where it is not the host name.',
    format: String,
    default: '',
  },
  clientConnection: {
    kubeconfig: {
      doc: 'Path of a kubeconfig; empty for the credentials of the Pod.',
      format: String,
      default: '',
    },
  },
  iptables: {
    masqueradeAll: {
      doc: 'Masquerade every connection to a cluster IP.',
      format: Boolean,
      default: false,
    },
    masqueradeBit: {
      doc: 'The bit of the packet mark that asks for masquerade, 0 to 31.',
      format: 'mark-bit',
      default: 14,
    },
  },
  ipvs: {
    strictARP: {
      doc: 'Answer ARP for an address only on the link that has it (arp_ignore, arp_announce); load balancers on the local network such as MetalLB want it.',
      format: Boolean,
      default: false,
    },
    scheduler: {
      doc: 'The scheduler of Services that choose none; empty for rr.',
      format: ['', ...schedulers],
      default: '',
    },
    syncPeriod: {
      doc: 'How often the kernel is read anew and drift repaired; 0s for 30s.',
      format: 'go-duration',
      default: '30s',
    },
  },
  kubeIpvs: {
    iptablesVariant: {
      doc: 'Which iptables to use; auto: the one that the kubelet uses, else one that holds rules or works.',
      format: ['auto', ...iptablesVariants],
      default: 'auto',
    },
    drainTimeout: {
      doc: 'How long a real server that is no longer wanted may keep its connections; empty for as long as they last.',
      format: 'optional-go-duration',
      default: '',
    },
    externalIPCIDRs: {
      doc: 'Where external IPs of Services may come from; an empty list for nowhere.',
      format: 'cidrs',
      default: ['0.0.0.0/0', '::/0'] as readonly string[],
    },
  },
} as const;

/** What an empty `ipvs.scheduler` means. */
export const defaultScheduler = fallbackScheduler;

convict.addFormat({
  name: 'go-duration',
  validate(value: unknown): void {
    if (typeof value !== 'string' || parseGoDuration(value) === undefined) {
      throw new TypeError('must be a duration such as 30s, 1m or 0s');
    }
  },
});

convict.addFormat({
  name: 'optional-go-duration',
  validate(value: unknown): void {
    if (typeof value !== 'string' || (value !== '' && parseGoDuration(value) === undefined)) {
      throw new TypeError('must be a duration such as 5m, 30s or 0s, or empty');
    }
  },
});

convict.addFormat({
  name: 'mark-bit',
  validate(value: unknown): void {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 31) {
      throw new TypeError('must be a whole number from 0 to 31');
    }
  },
});

convict.addFormat({
  name: 'cluster-cidr',
  validate(value: unknown): void {
    const ranges =
      typeof value === 'string' && value !== ''
        ? value.split(',').map((entry) => Cidr.parse(entry.trim()))
        : [];
    const families = ranges.map((range) => range?.family);
    if (
      typeof value !== 'string' ||
      families.includes(undefined) ||
      new Set(families).size < families.length
    ) {
      throw new TypeError(
        'must be a CIDR such as 10.244.0.0/16, or one of each family with a comma between',
      );
    }
  },
});

convict.addFormat({
  name: 'cidrs',
  validate(value: unknown): void {
    if (!isCidrList(value)) {
      throw new TypeError('must be a list of CIDRs such as 192.0.2.0/24');
    }
  },
});

convict.addFormat({
  name: 'node-port-addresses',
  validate(value: unknown): void {
    const isPrimary = Array.isArray(value) && value.length === 1 && value[0] === 'primary';
    if (!isPrimary && !isCidrList(value)) {
      throw new TypeError(
        'must be a list of CIDRs such as 192.0.2.0/24, or the word primary alone',
      );
    }
  },
});

/** A mapping in the place of a list arrives as the default list with the fields of the mapping. */
function isCidrList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    Object.keys(value).length === value.length &&
    value.every((entry) => typeof entry === 'string' && Cidr.parse(entry) !== undefined)
  );
}
