import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WriteOperation } from '../../../../src/kernel/netlink/batch.ts';
import { NetlinkConnection } from '../../../../src/kernel/netlink/connection.ts';
import type { Outcome } from '../../../../src/kernel/netlink/netlink-error.ts';
import { answerAll, ScriptedSockets } from '../../../support/fake-kernel/sockets.ts';
import { errorMessage, netlinkMessage } from '../../../support/fake-kernel/wire.ts';

/** Operations of a size in bytes, headers included, that carry their index. */
function operationOf(bytes = 24): WriteOperation {
  return (writer, sequence, index) => {
    writer.beginMessage(28, 0x1, sequence);
    writer.u32(index);
    writer.attributeBytes(1, new Uint8Array(bytes - 24));
    writer.endMessage();
  };
}

const codes = (outcomes: readonly Outcome[]): (string | undefined)[] =>
  outcomes.map((outcome) => outcome?.code);

describe('a batch over netlink', () => {
  it('of few operations is one datagram that asks the ACK of its last message alone', async () => {
    const kernel = new ScriptedSockets();
    const outcomes = await new NetlinkConnection(kernel.open).execute(4, operationOf());
    assert.deepEqual(codes(outcomes), [undefined, undefined, undefined, undefined]);
    assert.equal(kernel.datagrams.length, 1);
    assert.deepEqual(
      kernel.datagrams[0]?.map(({ flags }) => flags),
      [0x1, 0x1, 0x1, 0x5],
    );
  });

  it('of no operations asks nothing', async () => {
    const kernel = new ScriptedSockets();
    assert.deepEqual(await new NetlinkConnection(kernel.open).execute(0, operationOf()), []);
    assert.equal(kernel.datagrams.length, 0);
  });

  it('is split into datagrams of 250 messages at most, each with an ACK of its own', async () => {
    const kernel = new ScriptedSockets();
    await new NetlinkConnection(kernel.open).execute(601, operationOf());
    assert.deepEqual(
      kernel.datagrams.map(({ length }) => length),
      [250, 250, 101],
    );
    for (const messages of kernel.datagrams) {
      assert.equal(messages.at(-1)?.flags, 0x5);
      assert.equal(messages.filter(({ flags }) => (flags & 0x4) !== 0).length, 1);
    }
  });

  it('sends no more messages in a datagram than errors fit the receive buffer', async () => {
    for (const [mostErrors, later] of [
      [100, 100],
      [416, 400],
      [100_000, 400],
      [0, 1],
    ] as const) {
      const kernel = new ScriptedSockets();
      kernel.mostErrors = mostErrors;
      const connection = new NetlinkConnection(kernel.open);
      // Each lane learns of its buffer when its socket is opened, for its first datagram.
      await connection.execute(1000, operationOf());
      kernel.datagrams.length = 0;
      await connection.execute(2 * later, operationOf());
      assert.deepEqual(
        kernel.datagrams.map(({ length }) => length),
        [later, later],
        `${mostErrors} errors`,
      );
    }
  });

  it('of long messages is split at 60 kB', async () => {
    const kernel = new ScriptedSockets();
    await new NetlinkConnection(kernel.open).execute(100, operationOf(1000));
    assert.deepEqual(kernel.sizes, [60_000, 40_000]);
  });

  it('sends an operation alone that is longer than a datagram should be', async () => {
    const kernel = new ScriptedSockets();
    await new NetlinkConnection(kernel.open).execute(2, operationOf(65_000));
    assert.deepEqual(kernel.sizes, [65_000, 65_000]);
  });

  it('keeps the order of its operations', async () => {
    const kernel = new ScriptedSockets();
    await new NetlinkConnection(kernel.open).execute(600, operationOf());
    assert.deepEqual(
      kernel.datagrams.flat().map(({ payload }) => payload.readUInt32LE(0)),
      Array.from({ length: 600 }, (_, index) => index),
    );
  });

  it('waits for the answer to a datagram before it sends the next', async () => {
    let waiting = false;
    const kernel = new ScriptedSockets((messages, socket) => {
      assert.equal(waiting, false);
      waiting = true;
      setTimeout(() => {
        waiting = false;
        socket.reply(errorMessage(messages.at(-1)?.sequence ?? 0, 0));
      }, 5);
    });
    assert.equal(
      (await new NetlinkConnection(kernel.open).execute(600, operationOf())).length,
      600,
    );
    assert.equal(kernel.datagrams.length, 3);
  });

  it('answers each operation for itself, whichever fail', async () => {
    const errnos = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 17, 22), { maxLength: 700 });
    await fc.assert(
      fc.asyncProperty(errnos, async (expected) => {
        const kernel = new ScriptedSockets(answerAll((index) => expected[index] ?? 0));
        const connection = new NetlinkConnection(kernel.open, { deadlineMs: 500 });
        const names = new Map([
          [1, 'EPERM'],
          [2, 'ENOENT'],
          [17, 'EEXIST'],
          [22, 'EINVAL'],
        ]);
        assert.deepEqual(
          codes(await connection.execute(expected.length, operationOf())),
          expected.map((errno) => names.get(errno)),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('matches answers by sequence number, whatever their order and number of datagrams', async () => {
    const kernel = new ScriptedSockets((messages, socket) => {
      const at = (index: number): number => messages[index]?.sequence ?? 0;
      socket.reply(errorMessage(at(3), 17));
      socket.reply(errorMessage(at(1), 2), errorMessage(at(4), 0));
    });
    const outcomes = await new NetlinkConnection(kernel.open).execute(5, operationOf());
    assert.deepEqual(codes(outcomes), [undefined, 'ENOENT', undefined, 'EEXIST', undefined]);
  });

  it('is finished also when its last operation fails', async () => {
    const kernel = new ScriptedSockets(answerAll((index) => (index === 2 ? 22 : 0)));
    const outcomes = await new NetlinkConnection(kernel.open).execute(3, operationOf());
    assert.deepEqual(codes(outcomes), [undefined, undefined, 'EINVAL']);
  });

  it('ignores answers to others and messages that are no answers', async () => {
    const kernel = new ScriptedSockets((messages, socket) => {
      const last = messages.at(-1)?.sequence ?? 0;
      socket.reply(
        errorMessage(0, 1),
        errorMessage(last + 1, 1),
        errorMessage(last + 1000, 1),
        netlinkMessage(28, last, Buffer.alloc(4)),
        netlinkMessage(1, last, Buffer.alloc(0)),
        errorMessage(last, 0),
      );
    });
    const connection = new NetlinkConnection(kernel.open, { firstSequence: 1000 });
    assert.deepEqual(codes(await connection.execute(2, operationOf())), [undefined, undefined]);
  });

  it('numbers its messages without a gap and starts over before 32 bits are used up', async () => {
    const kernel = new ScriptedSockets(answerAll((index) => (index % 100 === 99 ? 2 : 0)));
    const firstSequence = 0xffff_0000 - 100;
    const connection = new NetlinkConnection(kernel.open, { firstSequence });
    const outcomes = await connection.execute(600, operationOf());
    assert.deepEqual(
      codes(outcomes).flatMap((code, index) => (code === undefined ? [] : [`${code} ${index}`])),
      [99, 199, 299, 399, 499, 599].map((index) => `ENOENT ${index}`),
    );
    const sequences = kernel.datagrams.map((messages) => messages.map(({ sequence }) => sequence));
    assert.deepEqual(
      sequences.map((numbers) => numbers[0]),
      [firstSequence, 1, 251],
    );
    for (const numbers of sequences) {
      assert.ok(numbers.every((number, index) => number === (numbers[0] ?? 0) + index));
    }
  });

  it('takes turns with what is asked meanwhile, in the order of the calls', async () => {
    const kernel = new ScriptedSockets();
    const connection = new NetlinkConnection(kernel.open);
    const finished: string[] = [];
    const run = async (name: string, count: number): Promise<void> => {
      await connection.execute(count, operationOf());
      finished.push(name);
    };
    await Promise.all([run('first', 600), run('second', 1), run('third', 300)]);
    assert.deepEqual(finished, ['first', 'second', 'third']);
    assert.deepEqual(
      kernel.datagrams.map(({ length }) => length),
      [250, 250, 100, 1, 250, 50],
    );
  });

  it('that cannot be written rejects and leaves the connection usable', async () => {
    const connection = new NetlinkConnection(new ScriptedSockets().open);
    const broken: WriteOperation = () => {
      throw new RangeError('for a test');
    };
    await assert.rejects(connection.execute(1, broken), RangeError);
    assert.deepEqual(await connection.execute(1, operationOf()), [undefined]);
  });
});
