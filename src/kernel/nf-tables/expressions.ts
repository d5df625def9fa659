import type { IpFamily } from '../../net/ip-address.ts';

/** Where a value of four bytes lies, 0 to 15; a longer one takes those that follow, too. */
export type Register = number;

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'goto' | 'jump'; readonly chain: string };

/** One step of a rule; the rule ends at the first one that does not match. */
export type Expression =
  /** What a header holds at an offset, in bytes. */
  | {
      readonly kind: 'header';
      readonly of: 'network' | 'transport';
      readonly offset: number;
      readonly length: number;
      readonly into: Register;
    }
  /** What is known of the packet besides. */
  | {
      readonly kind: 'packet';
      readonly fact: 'family' | 'protocol' | 'input link name';
      readonly into: Register;
    }
  /** Where the connection was meant to go, whatever has become of that. */
  | {
      readonly kind: 'first destination';
      readonly of: IpFamily | 'port';
      readonly into: Register;
    }
  /** The bits of `connectionState` that the packet's connection has. */
  | { readonly kind: 'connection state'; readonly into: Register }
  /** The kind of address that the source is (an RTN number). */
  | { readonly kind: 'source type'; readonly into: Register }
  | { readonly kind: 'mask'; readonly register: Register; readonly mask: Uint8Array }
  | {
      readonly kind: 'compare';
      readonly register: Register;
      readonly is: 'equal' | 'not equal';
      readonly to: Uint8Array;
    }
  | {
      readonly kind: 'in set';
      readonly set: string;
      readonly from: Register;
      readonly is: 'in' | 'not in';
    }
  /** The verdict that a map has for a key; none where it has none. */
  | { readonly kind: 'verdict of map'; readonly map: string; readonly from: Register }
  /** What a map has for a key; the rule ends where it has nothing. */
  | {
      readonly kind: 'value of map';
      readonly map: string;
      readonly from: Register;
      readonly to: Register;
    }
  | { readonly kind: 'set mark'; readonly from: Register }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** Puts another source in place of the packet's: the address that leads there, any port. */
  | { readonly kind: 'masquerade' }
  /** To this node, at a port. */
  | { readonly kind: 'redirect'; readonly port: number; readonly by: Register }
  | { readonly kind: 'reject'; readonly how: 'TCP reset' | 'port unreachable' };

/** NF_CT_STATE_BIT of IP_CT_NEW (linux/netfilter/nf_conntrack_common.h). */
export const connectionState = { new: 8 } as const;

export function isSameVerdict(a: Verdict | undefined, b: Verdict | undefined): boolean {
  return a?.kind === b?.kind && chainOf(a) === chainOf(b);
}

function chainOf(verdict: Verdict | undefined): string | undefined {
  return verdict !== undefined && 'chain' in verdict ? verdict.chain : undefined;
}
