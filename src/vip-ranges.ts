import type { IpAddress } from './net/ip-address.ts';

/**
 * The ranges that VIPs have ever been in. Each endpoint is held against the VIPs of all Services, a
 * look into a table that no cache holds; but endpoints and VIPs seldom share a range, and of
 * ranges there are few.
 */
export class VipRanges {
  readonly #ranges = new Set<number>();

  /** Answers whether its range had no VIP before. */
  add(vip: IpAddress): boolean {
    const before = this.#ranges.size;
    this.#ranges.add(rangeOf(vip));
    return this.#ranges.size > before;
  }

  /** False where the address is no VIP for certain. */
  mayHold(address: IpAddress): boolean {
    return this.#ranges.has(rangeOf(address));
  }
}

/** A number for the /16 of an IPv4 address and the /96 of an IPv6 one. Ranges may share one. */
function rangeOf({ family, word0, word1, word2 }: IpAddress): number {
  return family === 'IPv4' ? word0 >>> 16 : word0 ^ word1 ^ word2;
}
