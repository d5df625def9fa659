import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The two families of addresses; each Service has its virtual servers in one or both. */
export type IpFamily = 'IPv4' | 'IPv6';

/**
 * One IP address, parsed. Equal addresses have equal `text` (the canonical form
 * of RFC 5952 for IPv6), so `text` serves as a key.
 */
export class IpAddress {
  readonly family: IpFamily;
  readonly text: string;
  readonly #bytes: Uint8Array;

  private constructor(family: IpFamily, text: string, bytes: Uint8Array) {
    this.family = family;
    this.text = text;
    this.#bytes = bytes;
  }

  /**
   * Reads an address as Kubernetes does (k8s.io/utils/net ParseIPSloppy): leading
   * zeros in an IPv4 octet are decimal, an IPv4-mapped IPv6 address is the IPv4
   * address, and zones (`%eth0`) are refused. Answers undefined for anything else.
   */
  static parse(text: string): IpAddress | undefined {
    const ipv4 = parseIpv4(text);
    if (ipv4 !== undefined) {
      return IpAddress.fromBytes('IPv4', ipv4);
    }
    if (!isIPv6(text) || text.includes('%')) {
      return undefined;
    }
    const parsed = ipaddr.IPv6.parse(text);
    if (parsed.isIPv4MappedAddress()) {
      return IpAddress.fromBytes('IPv4', Uint8Array.from(parsed.toIPv4Address().toByteArray()));
    }
    return IpAddress.fromBytes('IPv6', Uint8Array.from(parsed.toByteArray()));
  }

  /** Takes 4 or 16 bytes in network order; a longer array is read from `offset` on, and copied. */
  static fromBytes(family: IpFamily, source: Uint8Array, offset = 0): IpAddress {
    const bytes = source.slice(offset, offset + addressLength(family));
    const text =
      family === 'IPv4' ? bytes.join('.') : new ipaddr.IPv6([...bytes]).toRFC5952String();
    return new IpAddress(family, text, bytes);
  }

  /** The 4 or 16 bytes of the address in network order; not to be changed. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The address with the prefix length of a single host: `/32` or `/128`. */
  get hostPrefix(): string {
    return `${this.text}/${hostPrefixLength(this.family)}`;
  }

  equals(other: IpAddress): boolean {
    return this.text === other.text;
  }

  toString(): string {
    return this.text;
  }
}

/** `10.0.0.1:80` or `[fd00::1]:80`. */
export function formatEndpoint(address: IpAddress, port: number): string {
  return address.family === 'IPv4' ? `${address.text}:${port}` : `[${address.text}]:${port}`;
}

/** The number of bytes in an address of the family. */
export function addressLength(family: IpFamily): 4 | 16 {
  return family === 'IPv4' ? 4 : 16;
}

/** The prefix length that names a single host. */
export function hostPrefixLength(family: IpFamily): 32 | 128 {
  return family === 'IPv4' ? 32 : 128;
}

function parseIpv4(text: string): Uint8Array | undefined {
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(text)) {
    return undefined;
  }
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) ? Uint8Array.from(octets) : undefined;
}
