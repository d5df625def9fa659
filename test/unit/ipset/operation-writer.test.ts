import fc from 'fast-check';
import assert from 'node:assert/strict';
import { writeSetOperation } from '../../../src/ipset/encode.ts';
import type { IpSet, SetEntry, SetOperation } from '../../../src/ipset/model.ts';
import { SetOperationWriter } from '../../../src/ipset/operation-writer.ts';
import { Cidr } from '../../../src/net/cidr.ts';
import * as arbitrary from '../../support/arbitraries.ts';
import { writtenHex } from '../../support/written-bytes.ts';

const { record } = arbitrary;

/** Two of one name, as the clients of two configurations might have them. */
const sets: readonly IpSet[] = [
  { name: 'kube-ipvs-cluster-4', type: 'hash:ip,port', family: 'IPv4' },
  { name: 'kube-ipvs-a', type: 'hash:ip', family: 'IPv4' },
  { name: 'kube-ipvs-a', type: 'hash:ip', family: 'IPv6' },
  { name: 'b', type: 'hash:ip,port', family: 'IPv6' },
];

const source = Cidr.parse('10.0.0.0/8');
assert.ok(source !== undefined);

/** IPv4 more often. */
const address = fc.oneof(
  { weight: 4, arbitrary: arbitrary.address('IPv4') },
  arbitrary.address('IPv6'),
);
const endpoint = {
  address,
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
  port: arbitrary.port,
};

const entry: fc.Arbitrary<SetEntry> = fc.oneof(
  { weight: 4, arbitrary: record({ kind: fc.constant('address' as const), address }) },
  { weight: 4, arbitrary: record({ kind: fc.constant('endpoint' as const), ...endpoint }) },
  record({ kind: fc.constant('endpoint to itself' as const), ...endpoint }),
  record({
    kind: fc.constant('endpoint and source' as const),
    ...endpoint,
    source: fc.constant(source),
  }),
  record({ kind: fc.constant('port' as const), port: arbitrary.port }),
);

const operation: fc.Arbitrary<SetOperation> = record({
  kind: fc.constantFrom('add entry' as const, 'add entry' as const, 'delete entry' as const),
  set: fc.constantFrom(...sets),
  entry,
});

describe('the messages of changes of sets, one behind the other', () => {
  it('are to the byte what each of them is when written attribute by attribute', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (changes) => {
        const operations = new SetOperationWriter();
        assert.equal(
          writtenHex((writer) => {
            changes.forEach((change, index) => {
              operations.write(writer, index, change);
            });
          }),
          writtenHex((writer) => {
            changes.forEach((change, index) => {
              writeSetOperation(writer, index, change);
            });
          }),
        );
      }),
    );
  });
});
