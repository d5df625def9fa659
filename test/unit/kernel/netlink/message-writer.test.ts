import assert from 'node:assert/strict';
import fc from 'fast-check';
import { forEachAttribute, readMessages } from '../../../../src/kernel/netlink/message-reader.ts';
import { MessageWriter } from '../../../../src/kernel/netlink/message-writer.ts';
import { hex, writtenBytes, writtenHex } from '../../../support/written-bytes.ts';

describe('the netlink message writer', () => {
  it('writes a header of length, type, flags, sequence number and port', () => {
    assert.equal(
      writtenHex((writer) => {
        writer.beginMessage(0x1c, 0x301, 0x01020304);
        writer.endMessage();
      }),
      hex('10000000 1c00 0103 04030201 00000000'),
    );
  });

  it('pads each attribute to four bytes with zeros and leaves the padding out of its length', () => {
    assert.equal(
      writtenHex((writer) => {
        writer.attributeU8(1, 0xab);
        writer.attributeU16(2, 0x1234);
        writer.attributeU16be(3, 0x1234);
        writer.attributeU32(4, 0x12345678);
        writer.attributeU32be(5, 0x12345678);
        writer.attributeU32Pair(6, 1, 0xffff_ffff);
        writer.attributeString(7, 'wlc');
        writer.attributeString(8, 'mh');
        writer.attributeBytes(9, Uint8Array.from([10, 96, 0, 1]), 16);
        writer.attributeBytes(10, Uint8Array.from([1, 2, 3]));
      }),
      hex(
        '0500 0100 ab000000',
        '0600 0200 34120000',
        '0600 0300 12340000',
        '0800 0400 78563412',
        '0800 0500 12345678',
        '0c00 0600 01000000 ffffffff',
        '0800 0700 776c6300',
        '0700 0800 6d680000',
        '1400 0900 0a600001 00000000 00000000 00000000',
        '0700 0a00 01020300',
      ),
    );
  });

  it('marks an attribute that holds attributes and counts its header in its length', () => {
    assert.equal(
      writtenHex((writer) => {
        writer.beginNested(1);
        writer.attributeU16(1, 2);
        writer.beginNested(2);
        writer.attributeU32(3, 7);
        writer.endNested();
        writer.endNested();
      }),
      hex('1800 0180', '0600 0100 02000000', '0c00 0280', '0800 0300 07000000'),
    );
  });

  it('writes fixed headers without attributes around them', () => {
    assert.equal(
      writtenHex((writer) => {
        writer.u8(1);
        writer.u8(2);
        writer.u16(0x0304);
        writer.u16be(0x0506);
        writer.u16(0);
        writer.u32(0x0708090a);
      }),
      hex('01 02 0403 0506 0000 0a090807'),
    );
  });

  it('adds flags to the last message alone', () => {
    const bytes = writtenBytes((writer) => {
      for (const sequence of [1, 2, 3]) {
        writer.beginMessage(28, 0x1, sequence);
        writer.endMessage();
      }
      writer.addFlagsToLastMessage(0x4);
    });
    assert.deepEqual(
      readMessages(bytes).map(({ flags }) => flags),
      [0x1, 0x1, 0x5],
    );
  });

  it('leaves nothing of what it wrote before in the padding', () => {
    const writer = new MessageWriter();
    writer.attributeBytes(1, new Uint8Array(64).fill(0xff));
    writer.reset();
    writer.attributeString(1, 'a');
    writer.attributeBytes(2, Uint8Array.from([1]), 16);
    assert.equal(
      writer.bytes().toString('hex'),
      hex('0600 0100 61000000', '1400 0200 01000000 00000000 00000000 00000000'),
    );
  });

  it('keeps what was written when room is made', () => {
    const writer = new MessageWriter();
    writer.u32(1);
    writer.reserve(100_000);
    writer.attributeBytes(1, new Uint8Array(90_000));
    assert.equal(writer.bytes().readUInt32LE(0), 1);
  });

  it('keeps what was written when its buffer grows', () => {
    const count = 10_000;
    const bytes = writtenBytes((writer) => {
      for (let sequence = 0; sequence < count; sequence += 1) {
        writer.beginMessage(28, 1, sequence);
        writer.attributeU32(1, sequence);
        writer.endMessage();
      }
    });
    const messages = readMessages(bytes);
    assert.equal(messages.length, count);
    messages.forEach((message, index) => {
      assert.equal(message.sequence, index);
      assert.equal(message.payload.readUInt32LE(4), index);
    });
  });

  it('refuses attributes that hold more than their length can say', () => {
    const write = (length: number) =>
      writtenBytes((writer) => {
        writer.beginNested(1);
        writer.attributeBytes(2, new Uint8Array(length));
        writer.endNested();
      });
    // Two headers of 4 bytes each.
    assert.equal(write(0xffff - 8 - 3).length, 0xfffc);
    assert.throws(() => write(0xffff - 7), { name: 'NetlinkError', code: 'EMSGSIZE' });
  });

  it('writes attributes that the reader finds again, of any type and length', () => {
    const attributes = fc.array(
      fc.record({ type: fc.nat({ max: 0x3fff }), value: fc.uint8Array({ maxLength: 300 }) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(attributes, (expected) => {
        const bytes = writtenBytes((writer) => {
          for (const { type, value } of expected) {
            writer.attributeBytes(type, value);
          }
        });
        const found: { type: number; value: Uint8Array }[] = [];
        forEachAttribute(bytes, 0, (type, value) => {
          found.push({ type, value: Uint8Array.from(value) });
        });
        assert.deepEqual(
          found,
          expected.map(({ type, value }) => ({ type, value: Uint8Array.from(value) })),
        );
      }),
    );
  });
});
