import type { AddressClient } from '../vip-link/client.ts';
import type { SetClient } from '../ipset/client.ts';
import type { IpvsClient } from '../ipvs/client.ts';
import { readTable } from '../ipvs/read-table.ts';
import { addressesInSets } from '../packet-filter/iptables/addresses-in-sets.ts';
import type { PacketFilter } from '../packet-filter/packet-filter.ts';
import type { IpAddress, IpFamily } from '../../net/ip-address.ts';
import { addressesOfLink } from '../vip-link/bound-address-difference.ts';
import { kubeProxyClusterIps, kubeProxyVips } from '../takeover/kube-proxy-names.ts';
import { unbindAndDelete } from '../takeover/unbind-and-delete.ts';
import { findCaptured, type CandidateAddress } from './find-captured.ts';

/** The parts of the kernel that lead packets to a VIP. */
export interface CapturingKernel {
  readonly ipvs: IpvsClient;
  readonly addresses: AddressClient;
  readonly filter: Pick<PacketFilter, 'addressesOf' | 'forget'>;
  /** For what kube-proxy has left. */
  readonly kubeProxySets: SetClient;
  readonly families: readonly IpFamily[];
}

/** What makes an address somebody else's; undefined where nothing does. */
export type OthersAt = (address: IpAddress) => Pick<CandidateAddress, 'apiServerPorts'> | undefined;

/**
 * Unbinds addresses that are somebody else's, with our virtual servers and set entries for them: an
 * address of the API server that is bound here keeps the list away that would say so. Returns what was
 * unbound. Rejects with NetlinkError, and the error of an operation that failed.
 */
export async function releaseCaptured(
  kernel: CapturingKernel,
  othersAt: OthersAt,
): Promise<readonly IpAddress[]> {
  const { addresses: client, ipvs, filter, kubeProxySets, families } = kernel;
  const link = await client.findVipLink();
  if (link === undefined) {
    return [];
  }
  const bound = addressesOfLink(await client.addresses(), link.index);
  const candidates = [...bound.values()].flatMap((observed) => {
    const others = othersAt(observed.address);
    return others === undefined ? [] : [{ ...observed, ...others }];
  });
  if (candidates.length === 0) {
    return [];
  }
  const { addresses, virtualServers } = findCaptured(candidates, {
    clusterIps: await readClusterIps(kernel),
    kubeProxyVips: (await addressesInSets(kubeProxySets, families.map(kubeProxyVips))) ?? new Set(),
    virtualServers: (await readTable(ipvs)).values(),
  });
  await unbindAndDelete(kernel, { boundAddresses: addresses, virtualServers });
  // A process of the node would still be refused there, or kept out by source ranges.
  await filter.forget(new Set(addresses.map(({ text }) => text)));
  return addresses;
}

/** By our filter and kube-proxy's sets; undefined where neither has any. */
async function readClusterIps({
  filter,
  kubeProxySets,
  families,
}: CapturingKernel): Promise<ReadonlySet<string> | undefined> {
  const ours = await filter.addressesOf('cluster');
  const theirs = await addressesInSets(kubeProxySets, families.map(kubeProxyClusterIps));
  return ours === undefined && theirs === undefined
    ? undefined
    : new Set([...(ours ?? []), ...(theirs ?? [])]);
}
