import fc from 'fast-check';
import assert from 'node:assert/strict';
import { writeAddressOperation, type AddressOperation } from '../../../src/addresses/messages.ts';
import { AddressOperationWriter } from '../../../src/addresses/operation-writer.ts';
import * as arbitrary from '../../support/arbitraries.ts';
import { writtenHex } from '../../support/written-bytes.ts';

/** Most of them bind. */
const operation: fc.Arbitrary<AddressOperation> = arbitrary.record({
  kind: fc.constantFrom('bind' as const, 'bind' as const, 'adopt' as const, 'unbind' as const),
  address: arbitrary.family.chain(arbitrary.address),
});

describe('the messages of changes of address, one behind the other', () => {
  it('are to the byte what each of them is when written attribute by attribute', () => {
    fc.assert(
      fc.property(fc.array(operation), fc.nat(), (changes, linkIndex) => {
        const operations = new AddressOperationWriter(linkIndex);
        assert.equal(
          writtenHex((writer) => {
            changes.forEach((change, index) => {
              operations.write(writer, index, change);
            });
          }),
          writtenHex((writer) => {
            changes.forEach((change, index) => {
              writeAddressOperation(writer, index, linkIndex, change);
            });
          }),
        );
      }),
    );
  });
});
