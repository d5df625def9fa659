import type { Logger } from '../base/log.ts';
import { AddressClient } from '../kernel/vip-link/client.ts';
import { IpvsClient } from '../kernel/ipvs/client.ts';
import { IpvsUnavailableError } from '../kernel/ipvs/ipvs-error.ts';
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
  try {
    return { virtualServers: await readTable(ipvs), boundAddresses: await observeBoundAddresses() };
  } finally {
    ipvs.close();
  }
}

/**
 * The same for a command that is of use without IPVS too: undefined where there is none, with a warning
 * that says what is left out. Throws NetlinkError.
 */
export async function observeIfAvailable(
  log: Logger,
  leftOut: string,
): Promise<ObservedKernel | undefined> {
  try {
    return await observeKernel();
  } catch (error) {
    if (error instanceof IpvsUnavailableError) {
      log.warn(`the kernel could not be read, so ${leftOut}: ${error.message}`);
      return undefined;
    }
    throw error;
  }
}

/** The addresses of the VIP link, which to read needs no right at all. Throws NetlinkError. */
export async function observeBoundAddresses(): Promise<ReadonlyMap<string, ObservedAddress>> {
  const addresses = new AddressClient();
  try {
    const link = await addresses.findVipLink();
    return link === undefined
      ? new Map()
      : addressesOfLink(await addresses.addresses(), link.index);
  } finally {
    addresses.close();
  }
}
