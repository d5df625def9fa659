import type { AddressOperation, KernelAddress } from './messages.ts';
import { ownedMetric } from './protocol.ts';
import type { VirtualServerId } from '../ipvs/model.ts';
import { hostPrefixLength, type IpAddress } from '../../net/ip-address.ts';
import { noDifference, type Difference } from '../../reconcile/kind.ts';

/** A single-host address on the VIP link. */
export interface ObservedAddress {
  readonly address: IpAddress;
  /** Bound, or taken over, by kube-ipvs. */
  readonly owned: boolean;
  /**
   * As we bind one, where that can be changed: for good, and of IPv6 deprecated, so that nothing that
   * the node sends elsewhere has it as its source.
   */
  readonly settled: boolean;
}

/**
 * What has to be done about one address of the VIP link. One that nobody desires is unbound
 * only where it is ours; one that is desired and not ours, or not as we bind one, is taken over in place.
 */
export function boundAddressDifference(
  desired: IpAddress | undefined,
  observed: ObservedAddress | undefined,
): Difference<AddressOperation> {
  if (desired === undefined) {
    return observed?.owned === true
      ? { additions: [], removals: [{ kind: 'unbind', address: observed.address }] }
      : noDifference;
  }
  if (observed === undefined) {
    return { additions: [{ kind: 'bind', address: desired }], removals: noDifference.removals };
  }
  return observed.owned && observed.settled
    ? noDifference
    : { additions: [{ kind: 'adopt', address: desired }], removals: [] };
}

/** What the kernel holds after changes of one address that succeeded. */
export function afterAddressOperations(
  observed: ObservedAddress | undefined,
  operations: readonly AddressOperation[],
): ObservedAddress | undefined {
  const last = operations.at(-1);
  if (last === undefined) {
    return observed;
  }
  return last.kind === 'unbind' ? undefined : ownedAddress(last.address);
}

/** The row for an address that is bound as ours. */
function ownedAddress(address: IpAddress): ObservedAddress {
  return { address, owned: true, settled: true };
}

/**
 * The row for an address, where it is a single-host one of the link. One with a longer prefix is
 * somebody else's: VIPs are bound as /32 and /128 only.
 */
export function observedOnLink(
  kernelAddress: KernelAddress,
  linkIndex: number,
): ObservedAddress | undefined {
  const { linkIndex: index, prefixLength, address, metric } = kernelAddress;
  return index === linkIndex && prefixLength === hostPrefixLength(address.family)
    ? { address, owned: metric === ownedMetric, settled: isSettled(kernelAddress) }
    : undefined;
}

function isSettled({ address, deprecated, permanent }: KernelAddress): boolean {
  return permanent && (deprecated || address.family === 'IPv4');
}

/** The single-host addresses of one link, by their text. */
export function addressesOfLink(
  addresses: readonly KernelAddress[],
  linkIndex: number,
): Map<string, ObservedAddress> {
  const rows = addresses.map((address) => observedOnLink(address, linkIndex));
  return new Map(
    rows.flatMap((row) => (row === undefined ? [] : [[row.address.text, row] as const])),
  );
}

/**
 * The addresses at which others have virtual servers, by their text. They need them bound, whoever
 * did that: kube-proxy, after it was given the node back, is content with addresses that it finds.
 */
export function addressesOfOthers(
  virtualServers: Iterable<{
    readonly id: VirtualServerId;
    readonly settings: { readonly owned: boolean };
  }>,
): ReadonlySet<string> {
  const addresses = new Set<string>();
  for (const { id, settings } of virtualServers) {
    if (id.kind === 'address' && !settings.owned) {
      addresses.add(id.address.text);
    }
  }
  return addresses;
}

/** The addresses but some. */
export function without(
  observed: ReadonlyMap<string, ObservedAddress>,
  leftAlone: ReadonlySet<string>,
): Map<string, ObservedAddress> {
  return new Map([...observed].filter(([text]) => !leftAlone.has(text)));
}
