import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  forEachAttribute,
  MalformedMessageError,
  readErrno,
  readMessages,
  readString,
} from '../../../../src/kernel/netlink/message-reader.ts';
import { hex } from '../../../support/written-bytes.ts';

const bytes = (...lines: readonly string[]): Buffer => Buffer.from(hex(...lines), 'hex');

function attributesOf(buffer: Buffer, offset = 0): [number, string][] {
  const found: [number, string][] = [];
  forEachAttribute(buffer, offset, (type, value) => found.push([type, value.toString('hex')]));
  return found;
}

function throwsNothingElse(work: () => void): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof MalformedMessageError, String(error));
  }
}

describe('the netlink message reader', () => {
  it('splits a datagram into its messages, skipping the padding between them', () => {
    const messages = readMessages(
      bytes(
        '15000000 0200 0100 07000000 d2040000 6162636465 000000',
        '10000000 0300 0200 08000000 d2040000',
      ),
    );
    assert.deepEqual(
      messages.map((message) => ({ ...message, payload: message.payload.toString('latin1') })),
      [
        { type: 2, flags: 1, sequence: 7, payload: 'abcde' },
        { type: 3, flags: 2, sequence: 8, payload: '' },
      ],
    );
  });

  it('takes a last message whose padding is missing', () => {
    const messages = readMessages(bytes('11000000 0200 0000 01000000 00000000 ff'));
    assert.deepEqual(
      messages.map(({ payload }) => payload.toString('hex')),
      ['ff'],
    );
  });

  it('reads nothing from an empty datagram', () => {
    assert.deepEqual(readMessages(Buffer.alloc(0)), []);
  });

  for (const [what, datagram] of [
    ['longer than what is left', bytes('20000000 0200 0000 01000000 00000000 00000000')],
    ['shorter than its own header', bytes('0f000000 0200 0000 01000000 00000000 00000000')],
    ['of length zero', Buffer.alloc(32)],
  ] as const) {
    it(`refuses a message ${what}`, () => {
      assert.throws(() => readMessages(datagram), MalformedMessageError);
    });
  }

  it('reads attributes from an offset on, without the marks in their types', () => {
    assert.deepEqual(
      attributesOf(
        bytes('ffffffff', '0600 0100 02000000', '0800 0280 01020304', '0500 0340 09'),
        4,
      ),
      [
        [1, '0200'],
        [2, '01020304'],
        [3, '09'],
      ],
    );
  });

  for (const [what, buffer] of [
    ['longer than what is left', bytes('0900 0100 02000000')],
    ['shorter than its own header', bytes('0300 0100 02000000')],
  ] as const) {
    it(`refuses an attribute ${what}`, () => {
      assert.throws(() => attributesOf(buffer), MalformedMessageError);
    });
  }

  it('reads text up to its closing zero, and to the end where there is none', () => {
    assert.equal(readString(Buffer.from('rr\0junk')), 'rr');
    assert.equal(readString(Buffer.from('wlc')), 'wlc');
    assert.equal(readString(Buffer.alloc(0)), '');
  });

  it('reads an error number as a positive one and an ACK as 0', () => {
    assert.equal(readErrno(bytes('feffffff 00000000')), 2);
    assert.ok(Object.is(readErrno(bytes('00000000')), 0));
  });

  it('refuses an error without a number: that is no ACK', () => {
    assert.throws(() => readErrno(Buffer.alloc(3)), MalformedMessageError);
  });

  it('throws MalformedMessageError and nothing else on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
        const buffer = Buffer.from(array);
        throwsNothingElse(() => readMessages(buffer));
        throwsNothingElse(() => attributesOf(buffer));
        throwsNothingElse(() => readErrno(buffer));
      }),
    );
  });
});
