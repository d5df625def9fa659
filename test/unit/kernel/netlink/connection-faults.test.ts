import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import type { WriteOperation } from '../../../../src/kernel/netlink/batch.ts';
import { NetlinkConnection, type WriteMessage } from '../../../../src/kernel/netlink/connection.ts';
import type { Outcome } from '../../../../src/kernel/netlink/netlink-error.ts';
import { answerAll, ScriptedSockets, type Script } from '../../../support/fake-kernel/sockets.ts';
import { doneMessage, errorMessage, netlinkMessage } from '../../../support/fake-kernel/wire.ts';

const operation: WriteOperation = (writer, sequence) => {
  writer.beginMessage(28, 0x1, sequence);
  writer.u32(0);
  writer.endMessage();
};
const request: WriteMessage = (writer, sequence) => {
  operation(writer, sequence, 0);
};

const codes = (outcomes: readonly Outcome[]): (string | undefined)[] =>
  outcomes.map((outcome) => outcome?.code);

const deadlineMs = 40;

/** A kernel that does as the script says with the first datagram, and well after that. */
function faultyAtFirst(script: Script): { connection: NetlinkConnection; kernel: ScriptedSockets } {
  const well = answerAll();
  const kernel = new ScriptedSockets((messages, socket, number) => {
    (number === 0 ? script : well)(messages, socket, number);
  });
  return { connection: new NetlinkConnection(kernel.open, { deadlineMs }), kernel };
}

async function worksAfterwards(connection: NetlinkConnection): Promise<void> {
  assert.deepEqual(await connection.execute(2, operation), [undefined, undefined]);
}

describe('a netlink connection whose kernel does not answer', () => {
  it('answers ETIMEDOUT for the operations without an answer, soon after the deadline', async () => {
    const { connection } = faultyAtFirst((messages, socket) => {
      socket.reply(errorMessage(messages[1]?.sequence ?? 0, 17));
    });
    const start = performance.now();
    const outcomes = await connection.execute(3, operation);
    const took = performance.now() - start;
    assert.deepEqual(codes(outcomes), ['ETIMEDOUT', 'EEXIST', 'ETIMEDOUT']);
    assert.match(outcomes[0]?.message ?? '', /did not answer within 40 ms/);
    assert.ok(took >= deadlineMs - 5 && took < 10 * deadlineMs, `${took} ms`);
  });

  it('goes on with the next datagram of the batch on a new socket', async () => {
    const { connection, kernel } = faultyAtFirst(() => undefined);
    const outcomes = codes(await connection.execute(300, operation));
    assert.ok(outcomes.slice(0, 250).every((code) => code === 'ETIMEDOUT'));
    assert.ok(outcomes.slice(250).every((code) => code === undefined));
    assert.deepEqual([kernel.opened, kernel.closed], [2, 1]);
    await worksAfterwards(connection);
  });

  it('ignores answers that come too late, on the old socket or the new', async () => {
    const late: (() => void)[] = [];
    const kernel = new ScriptedSockets((messages, socket, number) => {
      const last = messages.at(-1)?.sequence ?? 0;
      if (number === 0) {
        late.push(() => {
          socket.reply(errorMessage(last - 1, 1), errorMessage(last, 1));
        });
        return;
      }
      late[0]?.();
      socket.reply(errorMessage(1, 1), errorMessage(2, 1));
      setTimeout(() => {
        socket.reply(errorMessage(last, 0));
      }, 10);
    });
    const connection = new NetlinkConnection(kernel.open, { deadlineMs });
    assert.deepEqual(codes(await connection.execute(2, operation)), ['ETIMEDOUT', 'ETIMEDOUT']);
    await worksAfterwards(connection);
  });

  it('takes an answer that lies ready when the process was held up beyond the deadline', async () => {
    const { connection } = faultyAtFirst((messages, socket) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * deadlineMs);
      socket.reply(errorMessage(messages.at(-1)?.sequence ?? 0, 0));
    });
    assert.deepEqual(codes(await connection.execute(1, operation)), [undefined]);
  });

  it('waits a whole deadline more after each part of the answer, also after a hold-up', async () => {
    const { connection } = faultyAtFirst((messages, socket) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * deadlineMs);
      socket.reply(errorMessage(messages[0]?.sequence ?? 0, 2));
      setTimeout(() => {
        socket.reply(errorMessage(messages[1]?.sequence ?? 0, 0));
      }, deadlineMs / 2);
    });
    assert.deepEqual(codes(await connection.execute(2, operation)), ['ENOENT', undefined]);
  });

  it('rejects reads with ETIMEDOUT and reads again afterwards', async () => {
    const { connection, kernel } = faultyAtFirst(() => undefined);
    await assert.rejects(
      connection.get(request, () => 1),
      { name: 'NetlinkError', code: 'ETIMEDOUT' },
    );
    await worksAfterwards(connection);
    assert.equal(kernel.opened, 2);
  });

  it('rejects a dump whose end does not come', async () => {
    const { connection } = faultyAtFirst(([first], socket) => {
      socket.reply(netlinkMessage(28, first?.sequence ?? 0, Buffer.alloc(4)));
    });
    await assert.rejects(
      connection.dump(request, () => 1),
      { code: 'ETIMEDOUT' },
    );
    await worksAfterwards(connection);
  });
});

describe('a netlink connection whose receive buffer ran over', () => {
  it('answers ENOBUFS for the operations without an answer and keeps the other answers', async () => {
    const { connection, kernel } = faultyAtFirst((messages, socket) => {
      socket.reply(errorMessage(messages[0]?.sequence ?? 0, 2));
      socket.fail('ENOBUFS');
      socket.reply(errorMessage(messages[1]?.sequence ?? 0, 17));
    });
    const outcomes = codes(await connection.execute(4, operation));
    assert.deepEqual(outcomes, ['ENOENT', 'EEXIST', 'ENOBUFS', 'ENOBUFS']);
    await worksAfterwards(connection);
    assert.equal(kernel.opened, 2);
  });

  it('takes no missing error for success, even when the last answer came', async () => {
    const { connection } = faultyAtFirst((messages, socket) => {
      socket.fail('ENOBUFS');
      socket.reply(errorMessage(messages.at(-1)?.sequence ?? 0, 0));
    });
    const outcomes = codes(await connection.execute(3, operation));
    assert.deepEqual(outcomes, ['ENOBUFS', 'ENOBUFS', undefined]);
    await worksAfterwards(connection);
  });

  it('takes no dump for whole, even when its end came', async () => {
    const { connection } = faultyAtFirst(([first], socket) => {
      socket.fail('ENOBUFS');
      socket.reply(doneMessage(first?.sequence ?? 0));
    });
    await assert.rejects(
      connection.dump(request, () => 1),
      { code: 'ENOBUFS' },
    );
    await worksAfterwards(connection);
  });

  it('does not wait for the deadline', async () => {
    const { connection } = faultyAtFirst((_messages, socket) => {
      socket.fail('ENOBUFS');
    });
    const long = new NetlinkConnection(
      new ScriptedSockets((_messages, socket) => {
        socket.fail('ENOBUFS');
      }).open,
      { deadlineMs: 60_000 },
    );
    assert.deepEqual(codes(await long.execute(1, operation)), ['ENOBUFS']);
    assert.deepEqual(codes(await connection.execute(1, operation)), ['ENOBUFS']);
  });
});

describe('a netlink connection whose socket fails', () => {
  it('answers the code of the failure and opens a new socket', async () => {
    const { connection, kernel } = faultyAtFirst((_messages, socket) => {
      socket.fail('ECONNREFUSED');
    });
    assert.deepEqual(codes(await connection.execute(2, operation)), [
      'ECONNREFUSED',
      'ECONNREFUSED',
    ]);
    await worksAfterwards(connection);
    assert.deepEqual([kernel.opened, kernel.closed], [2, 1]);
  });

  it('answers the code also where sending throws', async () => {
    const { connection } = faultyAtFirst(() => {
      throw Object.assign(new Error('message too long'), { code: 'EMSGSIZE' });
    });
    const outcomes = await connection.execute(1, operation);
    assert.deepEqual(codes(outcomes), ['EMSGSIZE']);
    assert.match(outcomes[0]?.message ?? '', /message too long/);
    await worksAfterwards(connection);
  });

  it('answers the code also where no socket can be opened', async () => {
    const kernel = new ScriptedSockets();
    let refusals = 1;
    const connection = new NetlinkConnection((events, answers) => {
      refusals -= 1;
      if (refusals >= 0) {
        throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      }
      return kernel.open(events, answers);
    });
    assert.deepEqual(codes(await connection.execute(1, operation)), ['EMFILE']);
    await worksAfterwards(connection);
  });

  it('does not mind a failure or a message while nothing is asked', async () => {
    const sockets: Parameters<Script>[1][] = [];
    const well = answerAll();
    const kernel = new ScriptedSockets((messages, socket, number) => {
      sockets.push(socket);
      well(messages, socket, number);
    });
    const connection = new NetlinkConnection(kernel.open, { deadlineMs });
    await worksAfterwards(connection);
    sockets[0]?.fail('ENOBUFS');
    sockets[0]?.reply(Buffer.from('nonsense'.repeat(5)));
    sockets[0]?.reply(errorMessage(1, 1));
    await delay(5);
    await worksAfterwards(connection);
  });
});

describe('a netlink connection that is sent nonsense', () => {
  it('answers EBADMSG for the operations without an answer', async () => {
    const { connection } = faultyAtFirst((messages, socket) => {
      socket.reply(errorMessage(messages[0]?.sequence ?? 0, 2));
      socket.reply(Buffer.alloc(32, 0xff));
    });
    const outcomes = await connection.execute(3, operation);
    assert.deepEqual(codes(outcomes), ['ENOENT', 'EBADMSG', 'EBADMSG']);
    await worksAfterwards(connection);
  });

  it('takes an ACK that is cut short for no ACK', async () => {
    const { connection } = faultyAtFirst((messages, socket) => {
      socket.reply(netlinkMessage(2, messages[0]?.sequence ?? 0, Buffer.alloc(2)));
    });
    assert.deepEqual(codes(await connection.execute(1, operation)), ['EBADMSG']);
    await worksAfterwards(connection);
  });

  it('never lets it out of the receiving of messages, whatever it is', async () => {
    const nonsense = fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(nonsense, async (datagrams) => {
        const { connection } = faultyAtFirst((messages, socket) => {
          for (const datagram of datagrams) {
            socket.reply(Buffer.from(datagram));
          }
          socket.reply(errorMessage(messages.at(-1)?.sequence ?? 0, 0));
        });
        const outcomes = codes(await connection.execute(2, operation));
        assert.ok(outcomes.every((code) => code === undefined || code === 'EBADMSG'));
        await worksAfterwards(connection);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a netlink connection that is closed', () => {
  it('fails what is asked next, and opens no socket that would keep the process alive', async () => {
    const kernel = new ScriptedSockets();
    const connection = new NetlinkConnection(kernel.open);
    await worksAfterwards(connection);
    connection.close();
    connection.close();
    assert.equal(kernel.closed, 1);
    assert.deepEqual(codes(await connection.execute(2, operation)), ['ECANCELED', 'ECANCELED']);
    assert.equal(kernel.opened, 1);
  });

  it('does not wait for what is under way', async () => {
    const connection = new NetlinkConnection(new ScriptedSockets(() => undefined).open);
    const outcomes = connection.execute(2, operation);
    await new Promise((resolve) => setImmediate(resolve));
    connection.close();
    assert.deepEqual(codes(await outcomes), ['ECANCELED', 'ECANCELED']);
  });
});
