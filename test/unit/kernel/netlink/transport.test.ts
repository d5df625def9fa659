import assert from 'node:assert/strict';
import { writeGetAddresses } from '../../../../src/kernel/vip-link/messages.ts';
import { MessageWriter } from '../../../../src/kernel/netlink/message-writer.ts';
import { readMessages } from '../../../../src/kernel/netlink/message-reader.ts';
import { messageType, netlinkProtocol } from '../../../../src/kernel/netlink/protocol.ts';
import { kernelTransport, type AnswerSize } from '../../../../src/kernel/netlink/transport.ts';

/** The datagrams of a list of this machine's addresses, as they are once their event is over. */
function listed(answers: AnswerSize): Promise<{ seen: number; datagrams: readonly Buffer[] }> {
  const writer = new MessageWriter();
  writeGetAddresses(writer, 1);
  const datagrams: Buffer[] = [];
  let seen = 0;
  return new Promise((resolve, reject) => {
    const socket = kernelTransport(netlinkProtocol.route)(
      {
        message: (datagram) => {
          datagrams.push(datagram);
          const messages = readMessages(datagram);
          seen += messages.length;
          if (messages.some(({ type }) => type === messageType.done)) {
            setImmediate(() => {
              socket.close();
              resolve({ seen, datagrams });
            });
          }
        },
        error: reject,
      },
      answers,
    );
    socket.send(writer.bytes());
  });
}

describe('a socket to the kernel', () => {
  it('holds the memory of a long answer no longer than somebody looks at it', async () => {
    const { seen, datagrams } = await listed('long');
    assert.ok(seen > 1, 'addresses, and the end of the list');
    assert.deepEqual(
      datagrams.filter(({ length }) => length > 0),
      [],
    );
  });

  it('leaves a short answer to its receiver', async () => {
    const { datagrams } = await listed('short');
    assert.deepEqual(
      datagrams.filter(({ length }) => length === 0),
      [],
    );
  });
});
