import assert from 'node:assert/strict';
import { NetlinkConnection, type WriteMessage } from '../../../../src/kernel/netlink/connection.ts';
import { MalformedMessageError } from '../../../../src/kernel/netlink/message-reader.ts';
import type { Pace } from '../../../../src/base/work-in-parts.ts';
import { ScriptedSockets } from '../../../support/fake-kernel/sockets.ts';
import { doneMessage, errorMessage, netlinkMessage } from '../../../support/fake-kernel/wire.ts';

const request: WriteMessage = (writer, sequence) => {
  writer.beginMessage(28, 0x301, sequence);
  writer.u32(0);
  writer.endMessage();
};

const operation = (writer: Parameters<WriteMessage>[0], sequence: number): void => {
  writer.beginMessage(29, 0x1, sequence);
  writer.u32(0);
  writer.endMessage();
};

const items = (sequence: number, ...texts: readonly string[]): Buffer[] =>
  texts.map((text) => netlinkMessage(28, sequence, Buffer.from(text), 0x2));

/** The answers to one list after the other, each of several datagrams; changes succeed. */
function connect(...lists: readonly ((sequence: number) => readonly Buffer[][])[]): {
  connection: NetlinkConnection;
  kernel: ScriptedSockets;
} {
  let asked = 0;
  const kernel = new ScriptedSockets((messages, socket) => {
    const { type = 0, sequence = 0 } = messages[0] ?? {};
    if (type === 29) {
      socket.reply(errorMessage(sequence, 0));
      return;
    }
    for (const datagram of lists[asked]?.(sequence) ?? []) {
      socket.reply(...datagram);
    }
    asked += 1;
  });
  return { connection: new NetlinkConnection(kernel.open, { deadlineMs: 300 }), kernel };
}

/** What the visitors were handed: a list for each that was begun. */
async function visited(connection: NetlinkConnection, pace?: Pace): Promise<string[][]> {
  const begun: string[][] = [];
  await connection.each(
    request,
    () => {
      const texts: string[] = [];
      begun.push(texts);
      return (payload) => texts.push(payload.toString('latin1'));
    },
    pace,
  );
  return begun;
}

/** Large enough for the clock to be looked at. */
const large = 'x'.repeat(5000);

/** Longer than a part may take. */
function takeLong(work: () => void): void {
  const endMs = performance.now() + 2;
  while (performance.now() < endMs);
  work();
}

describe('a list over netlink', () => {
  it('hands over every item, of however many datagrams, in their order', async () => {
    const { connection } = connect((sequence) => [
      items(sequence, 'a', 'b'),
      [...items(sequence + 7, 'of another'), ...items(sequence, 'c')],
      [doneMessage(sequence)],
    ]);
    assert.deepEqual(await visited(connection), [['a', 'b', 'c']]);
  });

  it('begins with a new visitor where the kernel was interrupted', async () => {
    const { connection } = connect(
      (sequence) => [items(sequence, 'old'), [doneMessage(sequence, 0x10)]],
      (sequence) => [items(sequence, 'new'), [doneMessage(sequence)]],
    );
    assert.deepEqual(await visited(connection), [['old'], ['new']]);
  });

  it('rejects with the errno of the kernel, and works afterwards', async () => {
    const { connection } = connect(
      (sequence) => [items(sequence, 'a'), [errorMessage(sequence, 1)]],
      (sequence) => [items(sequence, 'b'), [doneMessage(sequence)]],
    );
    await assert.rejects(visited(connection), { code: 'EPERM' });
    assert.deepEqual(await visited(connection), [['b']]);
  });

  it('rejects with EBADMSG where an item makes no sense, and knows nothing of it afterwards', async () => {
    const { connection } = connect(
      (sequence) => [items(sequence, 'a', large), items(sequence, 'b'), [doneMessage(sequence)]],
      (sequence) => [items(sequence, 'c'), [doneMessage(sequence)]],
    );
    const failing = connection.each(request, () => () => {
      throw new MalformedMessageError('for a test');
    });
    await assert.rejects(failing, { code: 'EBADMSG' });
    assert.deepEqual(await visited(connection), [['c']]);
  });

  it('lets changes pass while it rests between two of its parts', async () => {
    const { connection } = connect((sequence) => [
      items(sequence, large),
      items(sequence, large),
      [doneMessage(sequence)],
    ]);
    const [began, ended] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const pace: Pace = {
      rest: () => {
        began.resolve(undefined);
        return ended.promise;
      },
    };
    let seen = 0;
    const listing = connection.each(request, () => () => takeLong(() => (seen += 1)), pace);
    await began.promise;
    assert.equal(seen, 1);
    assert.deepEqual(await connection.execute(1, operation), [undefined]);
    ended.resolve(undefined);
    await listing;
    assert.equal(seen, 2);
  });

  it('keeps its deadline for a kernel that is silent', async () => {
    const { connection } = connect((sequence) => [items(sequence, 'a')]);
    await assert.rejects(visited(connection), { code: 'ETIMEDOUT' });
  });
});
