import type { Cidr } from '../net/cidr.ts';
import type { IpAddress } from '../net/ip-address.ts';

/** Which addresses of the node answer on node ports (`nodePortAddresses`). */
export type NodePortAddresses =
  /** All of them: kube-proxy's default. */
  | { readonly kind: 'all' }
  /** The Node's own IPs, as the Node object says. */
  | { readonly kind: 'primary' }
  /** Those in these ranges; a family without a range has all of its addresses (as kube-proxy). */
  | { readonly kind: 'ranges'; readonly ranges: readonly Cidr[] };

/** The node addresses that get node ports, in the order of the node's own list. */
export function nodePortAddressesOf(
  nodeAddresses: readonly IpAddress[],
  primaryAddresses: readonly IpAddress[],
  setting: NodePortAddresses,
): readonly IpAddress[] {
  switch (setting.kind) {
    case 'all':
      return nodeAddresses;
    case 'primary':
      return primaryAddresses;
    case 'ranges':
      return nodeAddresses.filter((address) => isInRanges(address, setting.ranges));
  }
}

function isInRanges(address: IpAddress, ranges: readonly Cidr[]): boolean {
  const ofFamily = ranges.filter(({ family }) => family === address.family);
  return ofFamily.length === 0 || ofFamily.some((range) => range.contains(address));
}
