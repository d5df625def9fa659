import type { Timeouts } from './ipvs/model.ts';
import type { ChainSettings } from './packet-filter/iptables/chains.ts';
import type { IptablesVariant } from './packet-filter/iptables/iptables.ts';
import type { Cidr } from '../net/cidr.ts';
import type { ConntrackSettings } from './sysctl/conntrack.ts';

/** What of the configuration concerns the kernel. */
export interface KernelSettings {
  readonly chains: ChainSettings;
  readonly iptables: IptablesVariant | 'auto';
  readonly strictArp: boolean;
}

/** Everything of the configuration that the kernel's parts need. */
export interface KernelConfiguration {
  readonly kernel: KernelSettings;
  readonly conntrack: ConntrackSettings;
  readonly ipvsTimeouts: Timeouts;
  /** What is there is never touched. */
  readonly excludeCIDRs: readonly Cidr[];
}
