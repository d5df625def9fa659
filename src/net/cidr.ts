import { addressLength, hostPrefixLength, IpAddress, type IpFamily } from './ip-address.ts';

/** A range of addresses: `10.96.0.0/12`. Bits beyond the prefix count as zero. */
export class Cidr {
  /** The first address of the range. */
  readonly network: IpAddress;
  readonly prefixLength: number;

  private constructor(network: IpAddress, prefixLength: number) {
    this.network = network;
    this.prefixLength = prefixLength;
  }

  /** Reads `address/length`. Undefined for anything else, as for an address alone. */
  static parse(text: string): Cidr | undefined {
    const [host = '', length = '', ...rest] = text.split('/');
    const address = IpAddress.parse(host.trim());
    if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) {
      return undefined;
    }
    const prefixLength = Number(length);
    if (prefixLength > hostPrefixLength(address.family)) {
      return undefined;
    }
    return new Cidr(
      IpAddress.fromBytes(address.family, masked(address.bytes, maskOf(address, prefixLength))),
      prefixLength,
    );
  }

  /** The range that holds one address alone. */
  static host(address: IpAddress): Cidr {
    return new Cidr(address, hostPrefixLength(address.family));
  }

  /** The range from a first to a last address; undefined where no prefix makes just that. */
  static between(first: IpAddress, last: IpAddress): Cidr | undefined {
    for (let length = hostPrefixLength(first.family); length >= 0; length -= 1) {
      const range = new Cidr(first, length);
      if (range.last.equals(last)) {
        return range.text === Cidr.parse(range.text)?.text ? range : undefined;
      }
    }
    return undefined;
  }

  /** The two ranges of the next longer prefix that make it up. A single host has none. */
  halves(): readonly Cidr[] {
    const prefixLength = this.prefixLength + 1;
    if (prefixLength > hostPrefixLength(this.family)) {
      return [];
    }
    const upper = this.network.bytes;
    const byte = this.prefixLength >> 3;
    upper[byte] = (upper[byte] ?? 0) | (0x80 >> (this.prefixLength & 7));
    return [
      new Cidr(this.network, prefixLength),
      new Cidr(IpAddress.fromBytes(this.family, upper), prefixLength),
    ];
  }

  /** The bits of the prefix, as the bytes of an address in network order. */
  get mask(): Uint8Array {
    return maskOf(this.network, this.prefixLength);
  }

  /** The last address of the range. */
  get last(): IpAddress {
    const { mask } = this;
    const bytes = this.network.bytes.map((byte, index) => byte | ~(mask[index] ?? 0));
    return IpAddress.fromBytes(this.family, bytes);
  }

  get family(): IpFamily {
    return this.network.family;
  }

  /** The network's address with the prefix length; equal ranges have equal texts. */
  get text(): string {
    return `${this.network.text}/${this.prefixLength}`;
  }

  /** True for the addresses of the range; those of the other family are never in it. */
  contains(address: IpAddress): boolean {
    return (
      address.family === this.family &&
      sameBits(address.word0, this.network.word0, this.prefixLength) &&
      sameBits(address.word1, this.network.word1, this.prefixLength - 32) &&
      sameBits(address.word2, this.network.word2, this.prefixLength - 64) &&
      sameBits(address.word3, this.network.word3, this.prefixLength - 96)
    );
  }

  toString(): string {
    return this.text;
  }
}

function masked(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => byte & (mask[index] ?? 0));
}

function maskOf({ family }: IpAddress, prefixLength: number): Uint8Array {
  return Uint8Array.from({ length: addressLength(family) }, (_, index) => {
    const bits = Math.min(Math.max(prefixLength - index * 8, 0), 8);
    return 0xff << (8 - bits);
  });
}

/** Whether two numbers of 32 bits have their first bits in common; `count` may be out of range. */
function sameBits(a: number, b: number, count: number): boolean {
  // A shift by 32 is none at all in JavaScript.
  return count <= 0 || (count >= 32 ? a === b : (a ^ b) >>> (32 - count) === 0);
}

/** Whether an address is in any of some ranges. */
export function isIn(ranges: readonly Cidr[]): (address: IpAddress) => boolean {
  return (address) => ranges.some((range) => range.contains(address));
}
