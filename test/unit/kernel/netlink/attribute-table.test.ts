import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AttributeTable } from '../../../../src/kernel/netlink/attribute-table.ts';
import {
  forEachAttribute,
  MalformedMessageError,
} from '../../../../src/kernel/netlink/message-reader.ts';
import { attribute } from '../../../support/fake-kernel/wire.ts';
import { hex } from '../../../support/written-bytes.ts';

const bytes = (...lines: readonly string[]): Buffer => Buffer.from(hex(...lines), 'hex');

function tableOf(buffer: Buffer, start = 0, end = buffer.length): AttributeTable {
  const table = new AttributeTable(5);
  table.read(buffer, start, end);
  return table;
}

describe('a table of netlink attributes', () => {
  it('reads numbers in the order of bytes that is asked for', () => {
    const table = tableOf(attribute(3, bytes('01020304 05060708')));
    assert.deepEqual(
      [table.u8(3), table.u16(3), table.u16be(3), table.u32(3), table.u32be(3)],
      [1, 0x0201, 0x0102, 0x04030201, 0x01020304],
    );
    assert.equal(table.u64(3), 0x08070605 * 2 ** 32 + 0x04030201);
  });

  it('reads text up to its closing zero, and to the end where there is none', () => {
    const table = tableOf(
      Buffer.concat([
        attribute(1, Buffer.from('rr\0junk')),
        attribute(2, Buffer.from('wlc')),
        attribute(3, Buffer.from('\0')),
      ]),
    );
    assert.deepEqual([table.text(1), table.text(2), table.text(3)], ['rr', 'wlc', '']);
  });

  it('says which attributes there are, and where', () => {
    const table = tableOf(bytes('ffffffff', '0600 0180 0200 0000', '0400 0200'), 4);
    assert.deepEqual([table.has(1), table.has(2), table.has(3)], [true, true, false]);
    assert.deepEqual([table.start(1, 2), table.end(1), table.length(1)], [8, 10, 2]);
    assert.equal(table.length(2), 0);
  });

  it('takes the last of several of one type, and none of a type that nobody asks for', () => {
    const table = tableOf(
      Buffer.concat([
        attribute(1, bytes('01')),
        attribute(9, bytes('02')),
        attribute(1, bytes('03')),
      ]),
    );
    assert.equal(table.u8(1), 3);
    assert.equal(table.has(9), false);
  });

  it('holds nothing of the message before', () => {
    const table = tableOf(attribute(1, bytes('01')));
    table.read(attribute(2, bytes('02')), 0, 5);
    assert.deepEqual([table.has(1), table.u8(2)], [false, 2]);
  });

  it('refuses a value that is missing, or shorter than what is asked for', () => {
    const table = tableOf(attribute(1, bytes('0102')));
    assert.throws(() => table.u32(1), {
      name: 'MalformedMessageError',
      message: 'a netlink message without attribute 1 of at least 4 bytes',
    });
    assert.throws(() => table.u8(2), {
      message: 'a netlink message without attribute 2 of at least 1 bytes',
    });
  });

  for (const [what, buffer, end] of [
    ['longer than what is left', bytes('0900 0100 02000000'), 8],
    ['longer than the part that is read', bytes('0800 0100 02000000'), 6],
    ['shorter than its own header', bytes('0300 0100 02000000'), 8],
  ] as const) {
    it(`refuses an attribute ${what}`, () => {
      assert.throws(() => tableOf(buffer, 0, end), MalformedMessageError);
    });
  }

  it('finds in arbitrary bytes what a walk over them finds, or refuses them as that does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
        const buffer = Buffer.from(array);
        const walked = new Map<number, string>();
        try {
          forEachAttribute(buffer, 0, (type, value) => walked.set(type, value.toString('hex')));
        } catch {
          assert.throws(() => tableOf(buffer), MalformedMessageError);
          return;
        }
        const table = tableOf(buffer);
        for (let type = 0; type <= 5; type += 1) {
          const found = table.has(type)
            ? buffer.toString('hex', table.start(type, 0), table.end(type))
            : undefined;
          assert.equal(found, walked.get(type));
        }
      }),
    );
  });
});
