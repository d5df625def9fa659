import fc from 'fast-check';
import { Cidr } from '../../src/net/cidr.ts';
import { hostPrefixLength, type IpFamily } from '../../src/net/ip-address.ts';
import type { FilterMember } from '../../src/kernel/packet-filter/filter-member.ts';
import { address, family, port, record } from './arbitraries.ts';

const protocol = fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const);

/** A range of a family, of any prefix length. */
export function range(of: IpFamily): fc.Arbitrary<Cidr> {
  return fc
    .tuple(address(of), fc.integer({ min: 0, max: hostPrefixLength(of) }))
    .map(([{ text }, length]) => Cidr.parse(`${text}/${length}`))
    .filter((cidr) => cidr !== undefined);
}

function endpoint(of: IpFamily) {
  return record({ address: address(of), protocol, port });
}

/** Whatever a Service can want in a packet filter. */
export const member: fc.Arbitrary<FilterMember> = family.chain((of) =>
  fc.oneof(
    address(of).map((vip) => ({ role: 'vip', entry: { kind: 'address', address: vip } }) as const),
    fc
      .tuple(
        fc.constantFrom('cluster', 'external', 'local', 'node-only', 'refused', 'guarded'),
        endpoint(of),
      )
      .map(([role, entry]) => ({ role, entry: { ...entry, kind: 'endpoint' } }) as const),
    fc
      .tuple(endpoint(of), range(of))
      .map(
        ([entry, source]) =>
          ({ role: 'admitted', entry: { ...entry, kind: 'endpoint and source', source } }) as const,
      ),
    endpoint(of).map(
      (entry) => ({ role: 'hairpin', entry: { ...entry, kind: 'endpoint to itself' } }) as const,
    ),
    port.map((number) => ({ role: 'health', entry: { kind: 'port', port: number } }) as const),
  ),
);
