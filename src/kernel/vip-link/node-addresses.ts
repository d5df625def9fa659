import type { IpAddress } from '../../net/ip-address.ts';
import { countsAsNodeAddress } from '../../net/special-address.ts';
import type { KernelAddress, KernelLink } from './messages.ts';
import { vipLinkName } from './protocol.ts';

/**
 * The addresses of the node: those of links that are up, without the VIP link, each once. Loopback
 * and link-local addresses do not count. Pure.
 */
export function nodeAddressesOf(
  links: readonly KernelLink[],
  addresses: readonly KernelAddress[],
): readonly IpAddress[] {
  const indexes = new Set(
    links.filter(({ up, name }) => up && name !== vipLinkName).map(({ index }) => index),
  );
  const found = addresses
    .filter(({ linkIndex, address }) => indexes.has(linkIndex) && countsAsNodeAddress(address))
    .map(({ address }) => [address.text, address] as const);
  return [...new Map(found).values()];
}
