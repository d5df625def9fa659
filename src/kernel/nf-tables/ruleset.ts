import type { IpFamily } from '../../net/ip-address.ts';
import type { Expression } from './expressions.ts';

/** A part of a key; the parts of a concatenation are padded to four bytes each. */
export type KeyPart = IpFamily | 'protocol' | 'port';

/** A set, or a map from keys to verdicts or packet marks. */
export interface NftSet {
  readonly name: string;
  readonly kind: 'set' | 'verdict map' | 'mark map';
  readonly key: readonly KeyPart[];
  /** Whether its elements are ranges. */
  readonly ranges: boolean;
}

export interface NftRule {
  readonly expressions: readonly Expression[];
}

/** Where a chain is called from; one without is called by rules alone. */
export interface NftHook {
  readonly type: 'nat' | 'filter';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  readonly priority: number;
}

export interface NftChain {
  readonly name: string;
  readonly hook?: NftHook;
  readonly rules: readonly NftRule[];
}

/** A table of the family `inet`, without the elements of its sets. */
export interface NftRuleset {
  readonly table: string;
  /** What `nft list table` shows of it. */
  readonly comment: string;
  readonly sets: readonly NftSet[];
  /** A chain stands behind those that its rules lead to. */
  readonly chains: readonly NftChain[];
}

export function lengthOfPart(part: KeyPart): number {
  switch (part) {
    case 'IPv4':
      return 4;
    case 'IPv6':
      return 16;
    case 'protocol':
      return 1;
    case 'port':
      return 2;
  }
}

/** How many bytes of registers, and of an element's key, a part takes. */
export function paddedLengthOfPart(part: KeyPart): number {
  return Math.ceil(lengthOfPart(part) / 4) * 4;
}
