import assert from 'node:assert/strict';
import { NetlinkConnection, type WriteMessage } from '../../../../src/kernel/netlink/connection.ts';
import { MalformedMessageError } from '../../../../src/kernel/netlink/message-reader.ts';
import { ScriptedSockets, type Script } from '../../../support/fake-kernel/sockets.ts';
import { doneMessage, errorMessage, netlinkMessage } from '../../../support/fake-kernel/wire.ts';

const request: WriteMessage = (writer, sequence) => {
  writer.beginMessage(28, 0x1, sequence);
  writer.u32(0);
  writer.endMessage();
};

const decode = (payload: Buffer): string => payload.toString('latin1');
const item = (sequence: number, text: string, flags = 0x2): Buffer =>
  netlinkMessage(28, sequence, Buffer.from(text), flags);

type Answer = (sequence: number, socket: Parameters<Script>[1], number: number) => void;

function connect(answer: Answer): { connection: NetlinkConnection; kernel: ScriptedSockets } {
  const kernel = new ScriptedSockets((messages, socket, number) => {
    answer(messages[0]?.sequence ?? 0, socket, number);
  });
  const connection = new NetlinkConnection(kernel.open, { deadlineMs: 300, dumpAttempts: 3 });
  return { connection, kernel };
}

describe('a single read over netlink', () => {
  it('answers what the decoder makes of the reply', async () => {
    const { connection } = connect((sequence, socket) => {
      socket.reply(item(sequence - 1, 'of another'), item(sequence, 'mine', 0));
    });
    assert.equal(await connection.get(request, decode), 'mine');
  });

  it('rejects with the errno that the kernel gives', async () => {
    const { connection } = connect((sequence, socket) => {
      socket.reply(errorMessage(sequence, 3));
    });
    await assert.rejects(connection.get(request, decode), { name: 'NetlinkError', code: 'ESRCH' });
  });

  it('rejects with ENODATA where the kernel only says that all went well', async () => {
    const { connection } = connect((sequence, socket) => {
      socket.reply(errorMessage(sequence, 0));
    });
    await assert.rejects(connection.get(request, decode), { code: 'ENODATA' });
  });

  it('rejects with EBADMSG where the reply makes no sense, and asks the next on a new socket', async () => {
    const { connection, kernel } = connect((sequence, socket) => {
      socket.reply(item(sequence, 'x'));
    });
    const failing = connection.get(request, () => {
      throw new MalformedMessageError('for a test');
    });
    await assert.rejects(failing, { code: 'EBADMSG', message: 'EBADMSG: for a test' });
    assert.equal(await connection.get(request, decode), 'x');
    assert.deepEqual([kernel.opened, kernel.closed], [2, 1]);
  });
});

describe('a dump over netlink', () => {
  it('answers all items, over many datagrams, in their order', async () => {
    const { connection } = connect((sequence, socket) => {
      socket.reply(item(sequence, 'a'), item(sequence, 'b'), item(sequence + 7, 'of another'));
      socket.reply(item(sequence, 'c'));
      socket.reply(doneMessage(sequence));
    });
    assert.deepEqual(await connection.dump(request, decode), ['a', 'b', 'c']);
  });

  it('of nothing is empty', async () => {
    const { connection } = connect((sequence, socket) => {
      socket.reply(doneMessage(sequence));
    });
    assert.deepEqual(await connection.dump(request, decode), []);
  });

  for (const [what, answer] of [
    ['an error', (sequence: number): Buffer => errorMessage(sequence, 1)],
    ['the end', (sequence: number): Buffer => doneMessage(sequence, 0, 1)],
  ] as const) {
    it(`rejects with the errno that ${what} carries`, async () => {
      const { connection } = connect((sequence, socket) => {
        socket.reply(item(sequence, 'a'), answer(sequence));
      });
      await assert.rejects(connection.dump(request, decode), { code: 'EPERM' });
    });
  }

  for (const [where, first] of [
    [
      'an item',
      (sequence: number): Buffer[] => [item(sequence, 'old', 0x12), doneMessage(sequence)],
    ],
    [
      'the end',
      (sequence: number): Buffer[] => [item(sequence, 'old'), doneMessage(sequence, 0x10)],
    ],
  ] as const) {
    it(`starts again, with nothing of before, where ${where} says that it was interrupted`, async () => {
      const { connection, kernel } = connect((sequence, socket, number) => {
        socket.reply(
          ...(number === 0 ? first(sequence) : [item(sequence, 'new'), doneMessage(sequence)]),
        );
      });
      assert.deepEqual(await connection.dump(request, decode), ['new']);
      assert.equal(kernel.datagrams.length, 2);
    });
  }

  it('is given up with EINTR after as many interruptions as it has attempts', async () => {
    const { connection, kernel } = connect((sequence, socket) => {
      socket.reply(item(sequence, 'x'), doneMessage(sequence, 0x10));
    });
    await assert.rejects(connection.dump(request, decode), {
      code: 'EINTR',
      message: 'EINTR: the dump was interrupted 3 times by changes',
    });
    assert.equal(kernel.datagrams.length, 3);
  });

  it('may take longer than the deadline as long as its parts keep coming', async () => {
    const { connection } = connect((sequence, socket) => {
      for (const part of [1, 2, 3, 4, 5]) {
        setTimeout(() => {
          socket.reply(item(sequence, `${part}`));
        }, part * 100);
      }
      setTimeout(() => {
        socket.reply(doneMessage(sequence));
      }, 600);
    });
    assert.deepEqual(await connection.dump(request, decode), ['1', '2', '3', '4', '5']);
  });

  it('that makes no sense in one item fails, and disturbs no other', async () => {
    const { connection } = connect((sequence, socket, number) => {
      socket.reply(item(sequence, `${number}a`), item(sequence, `${number}b`));
      socket.reply(item(sequence, `${number}c`), doneMessage(sequence));
    });
    const failing = connection.dump(request, () => {
      throw new MalformedMessageError('for a test');
    });
    await assert.rejects(failing, { code: 'EBADMSG' });
    assert.deepEqual(await connection.dump(request, decode), ['1a', '1b', '1c']);
  });
});
