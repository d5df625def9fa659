import fc from 'fast-check';
import assert from 'node:assert/strict';
import { writeOperation } from '../../../src/ipvs/encode.ts';
import type { Operation } from '../../../src/ipvs/model.ts';
import { OperationWriter } from '../../../src/ipvs/operation-writer.ts';
import { realServer, record, virtualServerId } from '../../support/arbitraries.ts';
import { plainSettings } from '../../support/ipvs-examples.ts';
import { writtenHex } from '../../support/written-bytes.ts';

const family = 0x1c;
const u32 = fc.nat({ max: 0xffff_ffff });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: realServerOperation('add real server') },
  { weight: 4, arbitrary: realServerOperation('change real server') },
  realServerOperation('delete real server'),
  record({
    kind: fc.constantFrom('add virtual server' as const, 'change virtual server' as const),
    id: virtualServerId,
    settings: fc.constant(plainSettings),
  }),
  record({ kind: fc.constant('delete virtual server' as const), id: virtualServerId }),
);

function realServerOperation(
  kind: 'add real server' | 'change real server' | 'delete real server',
): fc.Arbitrary<Operation> {
  return record({ kind: fc.constant(kind), id: virtualServerId, realServer });
}

describe('the messages of changes, one behind the other', () => {
  it('are to the byte what each of them is when written attribute by attribute', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(operation, u32)), (changes) => {
        const operations = new OperationWriter(family);
        assert.equal(
          writtenHex((writer) => {
            for (const [change, sequence] of changes) {
              operations.write(writer, sequence, change);
            }
          }),
          writtenHex((writer) => {
            for (const [change, sequence] of changes) {
              writeOperation(writer, family, sequence, change);
            }
          }),
        );
      }),
    );
  });
});
