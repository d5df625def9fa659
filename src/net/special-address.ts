import type { IpAddress } from './ip-address.ts';

/** An address that means something other than one host elsewhere. */
export type SpecialAddress = 'unspecified' | 'loopback' | 'link-local' | 'multicast';

/**
 * Which kind of special address it is, if any. The API server refuses these for
 * endpoints (ValidateEndpointIP in Kubernetes); manifests on disk have no such guard.
 * The IPv4 broadcast address counts as multicast.
 */
export function specialAddress(address: IpAddress): SpecialAddress | undefined {
  return address.family === 'IPv4' ? specialIpv4(address) : specialIpv6(address);
}

function specialIpv4({ word0 }: IpAddress): SpecialAddress | undefined {
  const first = word0 >>> 24;
  if (first === 0) {
    return 'unspecified';
  }
  if (first === 127) {
    return 'loopback';
  }
  if (word0 >>> 16 === 0xa9fe) {
    return 'link-local';
  }
  const isBroadcast = word0 === -1;
  return (first >= 224 && first <= 239) || isBroadcast ? 'multicast' : undefined;
}

function specialIpv6({ word0, word1, word2, word3 }: IpAddress): SpecialAddress | undefined {
  if (word0 === 0 && word1 === 0 && word2 === 0) {
    return word3 === 0 ? 'unspecified' : word3 === 1 ? 'loopback' : undefined;
  }
  if (word0 >>> 22 === 0xfe80 >>> 6) {
    return 'link-local';
  }
  return word0 >>> 24 === 0xff ? 'multicast' : undefined;
}

/** An address of the node counts unless it is loopback, link-local or no host's address. */
export function countsAsNodeAddress(address: IpAddress): boolean {
  return specialAddress(address) === undefined;
}
