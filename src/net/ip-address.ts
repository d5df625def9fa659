import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The two families of addresses; each Service has its virtual servers in one or both. */
export type IpFamily = 'IPv4' | 'IPv6';

/**
 * One IP address, parsed. Equal addresses have equal `text` (the canonical form
 * of RFC 5952 for IPv6), so `text` serves as a key.
 *
 * The address itself is held as numbers of 32 bits (signed, the most significant first; an IPv4
 * address has the first alone): as an array of bytes, those of a large cluster took 25 MB for each
 * 100,000 addresses.
 */
export class IpAddress {
  readonly family: IpFamily;
  readonly text: string;
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;

  private constructor(
    family: IpFamily,
    text: string,
    word0: number,
    word1: number,
    word2: number,
    word3: number,
  ) {
    this.family = family;
    this.text = text;
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
  }

  /**
   * Reads an address as Kubernetes does (k8s.io/utils/net ParseIPSloppy): leading
   * zeros in an IPv4 octet are decimal, an IPv4-mapped IPv6 address is the IPv4
   * address, and zones (`%eth0`) are refused. Returns undefined for anything else.
   */
  static parse(text: string): IpAddress | undefined {
    const ipv4 = parseIpv4(text);
    if (ipv4 !== undefined) {
      return IpAddress.#ofIpv4(ipv4, text);
    }
    if (!isIpv6(text)) {
      return undefined;
    }
    const parsed = ipaddr.IPv6.parse(text);
    return parsed.isIPv4MappedAddress()
      ? IpAddress.fromBytes('IPv4', Uint8Array.from(parsed.toIPv4Address().toByteArray()))
      : IpAddress.#ofIpv6(parsed);
  }

  /** Takes 4 or 16 bytes in network order; a longer array is read from `offset` on. */
  static fromBytes(family: IpFamily, source: Uint8Array, offset = 0): IpAddress {
    return family === 'IPv4'
      ? IpAddress.fromIpv4(wordAt(source, offset))
      : IpAddress.#ofIpv6(new ipaddr.IPv6([...source.subarray(offset, offset + 16)]));
  }

  /** An IPv4 address as a number of 32 bits, signed or not. */
  static fromIpv4(word: number): IpAddress {
    const text = `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
    return new IpAddress('IPv4', text, word | 0, 0, 0, 0);
  }

  /** The text serves again where it is canonical: without leading zeros. */
  static #ofIpv4(word: number, text: string): IpAddress {
    return text.length === ipv4TextLength(word)
      ? new IpAddress('IPv4', text, word, 0, 0, 0)
      : IpAddress.fromIpv4(word);
  }

  static #ofIpv6(parsed: ipaddr.IPv6): IpAddress {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = parsed.parts;
    const text = parsed.toRFC5952String();
    return new IpAddress('IPv6', text, (a << 16) | b, (c << 16) | d, (e << 16) | f, (g << 16) | h);
  }

  /** The 4 or 16 bytes of the address in network order, as a copy. */
  get bytes(): Uint8Array {
    const bytes = new Uint8Array(addressLength(this.family));
    const view = new DataView(bytes.buffer);
    view.setInt32(0, this.word0);
    if (this.family === 'IPv6') {
      view.setInt32(4, this.word1);
      view.setInt32(8, this.word2);
      view.setInt32(12, this.word3);
    }
    return bytes;
  }

  /** The address with the prefix length of a single host: `/32` or `/128`. */
  get hostPrefix(): string {
    return `${this.text}/${hostPrefixLength(this.family)}`;
  }

  equals(other: IpAddress): boolean {
    // Numbers: two texts of the same address are seldom the same string in memory.
    return (
      this.word0 === other.word0 &&
      this.word1 === other.word1 &&
      this.word2 === other.word2 &&
      this.word3 === other.word3 &&
      this.family === other.family
    );
  }

  toString(): string {
    return this.text;
  }
}

/** `10.0.0.1:80` or `[fd00::1]:80`. */
export function formatEndpoint(address: IpAddress, port: number): string {
  return `${formatHost(address)}:${port}`;
}

/** As it stands before a colon: `10.0.0.1` or `[fd00::1]`. */
export function formatHost({ family, text }: IpAddress): string {
  return family === 'IPv4' ? text : `[${text}]`;
}

/** The number of bytes in an address of the family. */
export function addressLength(family: IpFamily): 4 | 16 {
  return family === 'IPv4' ? 4 : 16;
}

/** The prefix length that names a single host. */
export function hostPrefixLength(family: IpFamily): 32 | 128 {
  return family === 'IPv4' ? 32 : 128;
}

const digitZero = 48;
const dot = 46;

/** The address as a number of 32 bits. By hand: it is read for each endpoint of the cluster. */
function parseIpv4(text: string): number | undefined {
  let word = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - digitZero;
    if (digit >= 0 && digit <= 9) {
      octet = octet * 10 + digit;
      digits += 1;
    } else if (digit === dot - digitZero && digits > 0) {
      word = (word << 8) | octet;
      octet = 0;
      digits = 0;
      dots += 1;
    } else {
      return undefined;
    }
    if (octet > 255 || digits > 3) {
      return undefined;
    }
  }
  return dots === 3 && digits > 0 ? (word << 8) | octet : undefined;
}

/**
 * Node's own pattern takes a fifth of the start to compile, so it is asked where there are dots alone: of
 * those the library takes more than Kubernetes does.
 */
function isIpv6(text: string): boolean {
  return text.includes('.')
    ? isIPv6(text) && !text.includes('%')
    : /^[\da-f:]+$/i.test(text) && ipaddr.IPv6.isValid(text);
}

function ipv4TextLength(word: number): number {
  return (
    digitsOf(word >>> 24) +
    digitsOf((word >>> 16) & 0xff) +
    digitsOf((word >>> 8) & 0xff) +
    digitsOf(word & 0xff) +
    3
  );
}

function digitsOf(octet: number): number {
  return octet < 10 ? 1 : octet < 100 ? 2 : 3;
}

function wordAt(source: Uint8Array, offset: number): number {
  return (
    ((source[offset] ?? 0) << 24) |
    ((source[offset + 1] ?? 0) << 16) |
    ((source[offset + 2] ?? 0) << 8) |
    (source[offset + 3] ?? 0)
  );
}
