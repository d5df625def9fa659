import type { IptablesVariant } from '../../src/kernel/packet-filter/iptables/iptables.ts';

/**
 * The variant of iptables that the program chooses in the test kernel where nobody else has rules:
 * nft, as on a node of today; but User Mode Linux has no NAT for it.
 */
export const iptablesVariant: IptablesVariant =
  process.env['KUBE_IPVS_IN_TEST_KERNEL'] === 'uml' ? 'legacy' : 'nft';

/** The programs of that variant. */
export const iptables = `iptables-${iptablesVariant}`;
export const ip6tables = `ip6tables-${iptablesVariant}`;
