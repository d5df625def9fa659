import fc from 'fast-check';
import { Cidr } from '../../src/net/cidr.ts';
import { hostPrefixLength, type IpFamily } from '../../src/net/ip-address.ts';
import type { FilterMember } from '../../src/kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../../src/kernel/packet-filter/marked-range.ts';
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

const role = fc.constantFrom('cluster', 'external', 'local', 'node-only', 'refused');

/** Ranges that do not overlap: each has the ports behind those of the one before. */
function portRanges(of: IpFamily): fc.Arbitrary<readonly MarkedRange[]> {
  const one = fc.record({
    protocol,
    gap: fc.integer({ min: 1, max: 6000 }),
    length: fc.integer({ min: 1, max: 6000 }),
    mark: fc.constantFrom(1, 2, 0x1000, 0x107f),
    role,
    // None of them holds another one.
    source: fc.option(range(of).filter(({ prefixLength }) => prefixLength > 0)),
  });
  return fc.array(one, { minLength: 1, maxLength: 5 }).map((all) => {
    let before = 0;
    return all.map(({ protocol: own, gap, length, mark, role: becomes, source }) => {
      const first = before + gap;
      before = first + length - 1;
      const sources = source === null ? undefined : [source];
      return { protocol: own, first, last: before, mark, role: becomes, sources };
    });
  });
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
    address(of).map(
      (pod) =>
        ({ role: 'range-hairpin', entry: { kind: 'address to itself', address: pod } }) as const,
    ),
    fc
      .tuple(address(of), portRanges(of))
      .map(
        ([vip, ranges]) =>
          ({ role: 'port-ranges', entry: { kind: 'port ranges', address: vip, ranges } }) as const,
      ),
    port.map((number) => ({ role: 'health', entry: { kind: 'port', port: number } }) as const),
  ),
);
