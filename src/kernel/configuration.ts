import type { Timeouts } from './ipvs/model.ts';
import type { PacketFilterSettings } from './packet-filter/open-packet-filter.ts';
import type { Cidr } from '../net/cidr.ts';
import type { ConntrackSettings } from './sysctl/conntrack.ts';

/** What of the configuration concerns the kernel. */
export interface KernelSettings extends PacketFilterSettings {
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
