import type { IpAddress } from '../net/ip-address.ts';

/** An address that means something other than one host elsewhere. */
export type SpecialAddress = 'unspecified' | 'loopback' | 'link-local' | 'multicast';

/**
 * Which kind of special address it is, if any. The API server refuses these for
 * endpoints (ValidateEndpointIP in Kubernetes); manifests on disk have no such guard.
 * The IPv4 broadcast address counts as multicast.
 */
export function specialAddress(address: IpAddress): SpecialAddress | undefined {
  return address.family === 'IPv4' ? specialIpv4(address.bytes) : specialIpv6(address.bytes);
}

function specialIpv4(bytes: Uint8Array): SpecialAddress | undefined {
  const [first = 0, second = 0] = bytes;
  if (first === 0) {
    return 'unspecified';
  }
  if (first === 127) {
    return 'loopback';
  }
  if (first === 169 && second === 254) {
    return 'link-local';
  }
  return (first >= 224 && first <= 239) || bytes.every((byte) => byte === 255)
    ? 'multicast'
    : undefined;
}

function specialIpv6(bytes: Uint8Array): SpecialAddress | undefined {
  const [first = 0, second = 0] = bytes;
  if (first === 0 && bytes.subarray(0, 15).every((byte) => byte === 0)) {
    return bytes[15] === 0 ? 'unspecified' : bytes[15] === 1 ? 'loopback' : undefined;
  }
  if (first === 0xfe && (second & 0xc0) === 0x80) {
    return 'link-local';
  }
  return first === 0xff ? 'multicast' : undefined;
}
