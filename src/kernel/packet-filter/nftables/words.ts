import type { IpFamily } from '../../../net/ip-address.ts';
import { addressLength } from '../../../net/ip-address.ts';
import { protocolNumber } from '../../netlink/protocol.ts';
import { connectionState, type Expression, type Register } from '../../nf-tables/expressions.ts';
import type { NftRule } from '../../nf-tables/ruleset.ts';

export function rule(...expressions: readonly (Expression | readonly Expression[])[]): NftRule {
  return { expressions: expressions.flat() };
}

export const verdict = {
  accept: (): Expression => ({ kind: 'verdict', verdict: { kind: 'accept' } }),
  drop: (): Expression => ({ kind: 'verdict', verdict: { kind: 'drop' } }),
  goto: (chain: string): Expression => ({ kind: 'verdict', verdict: { kind: 'goto', chain } }),
  jump: (chain: string): Expression => ({ kind: 'verdict', verdict: { kind: 'jump', chain } }),
} as const;

/** Where addresses lie in the headers of IPv4 and IPv6, in bytes. */
const sourceAt = { IPv4: 12, IPv6: 8 } as const;
const destinationAt = { IPv4: 16, IPv6: 24 } as const;

/** NFPROTO_IPV4 and NFPROTO_IPV6. */
const familyNumber = { IPv4: 2, IPv6: 10 } as const;
const protocols = { ...protocolNumber, ICMP: 1, ICMPv6: 58 } as const;

/** RTN_LOCAL (linux/rtnetlink.h), in the kernel's byte order. */
const localAddress = Uint8Array.of(2, 0, 0, 0);

/** A register behind those that keys take. */
const spare: Register = 15;

function loadAddress(offset: number, family: IpFamily, into: Register): readonly Expression[] {
  return [{ kind: 'header', of: 'network', offset, length: addressLength(family), into }];
}

function ofNode(is: 'equal' | 'not equal'): readonly Expression[] {
  return [
    { kind: 'source type', into: spare },
    { kind: 'compare', register: spare, is, to: localAddress },
  ];
}

/** In the kernel's byte order. */
function stateBits(bits: number): Uint8Array {
  return Uint8Array.of(bits, 0, 0, 0);
}

export const steps = {
  isFamily: (family: IpFamily): readonly Expression[] => [
    { kind: 'packet', fact: 'family', into: spare },
    {
      kind: 'compare',
      register: spare,
      is: 'equal',
      to: Uint8Array.of(familyNumber[family]),
    },
  ],
  isProtocol: (protocol: keyof typeof protocols): readonly Expression[] => [
    { kind: 'packet', fact: 'protocol', into: spare },
    { kind: 'compare', register: spare, is: 'equal', to: Uint8Array.of(protocols[protocol]) },
  ],
  /** Whether a process of the node sends it. */
  isOfNode: (): readonly Expression[] => ofNode('equal'),
  isNotOfNode: (): readonly Expression[] => ofNode('not equal'),
  loadSource: (family: IpFamily, into: Register) => loadAddress(sourceAt[family], family, into),
  loadDestination: (family: IpFamily, into: Register) =>
    loadAddress(destinationAt[family], family, into),
  loadProtocol: (into: Register): Expression => ({ kind: 'packet', fact: 'protocol', into }),
  /** The destination port, which all protocols of Services have at the same place. */
  loadPort: (into: Register): readonly Expression[] => [
    { kind: 'header', of: 'transport', offset: 2, length: 2, into },
  ],
  /** The first packet of a connection, or one that has not been answered yet. */
  isNew: (): readonly Expression[] => [
    { kind: 'connection state', into: spare },
    { kind: 'mask', register: spare, mask: stateBits(connectionState.new) },
    { kind: 'compare', register: spare, is: 'not equal', to: stateBits(0) },
  ],
  /** Gives the packet the mark that a map has for a key which begins in the first register. */
  setMarkBy: (map: string): readonly Expression[] => [
    { kind: 'value of map', map, from: 0, to: spare },
    { kind: 'set mark', from: spare },
  ],
  loadFirstDestination: (family: IpFamily, into: Register): readonly Expression[] => [
    { kind: 'first destination', of: family, into },
  ],
  masquerade: (): Expression => ({ kind: 'masquerade' }),
  /** Nobody can listen at port 0. */
  redirectToNobody: (): Expression => ({ kind: 'redirect', port: 0, by: spare }),
  reject: (how: 'TCP reset' | 'port unreachable'): Expression => ({ kind: 'reject', how }),
} as const;
