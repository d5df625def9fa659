import { AddressClient } from '../kernel/vip-link/client.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import { readTable, type ListedVirtualServer } from '../kernel/ipvs/read-table.ts';
import {
  addressesOfLink,
  type ObservedAddress,
} from '../kernel/vip-link/bound-address-difference.ts';

/** What the kernel holds, foreign objects included. */
export interface ObservedKernel {
  readonly virtualServers: ReadonlyMap<string, ListedVirtualServer>;
  readonly boundAddresses: ReadonlyMap<string, ObservedAddress>;
}

/** Reads the kernel and changes nothing. Throws IpvsUnavailableError and NetlinkError. */
export async function observeKernel(): Promise<ObservedKernel> {
  const ipvs = await IpvsClient.connect();
  const addresses = new AddressClient();
  try {
    const link = await addresses.findVipLink();
    return {
      virtualServers: await readTable(ipvs),
      boundAddresses:
        link === undefined ? new Map() : addressesOfLink(await addresses.addresses(), link.index),
    };
  } finally {
    ipvs.close();
    addresses.close();
  }
}
