import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { writeOperation } from '../../../src/ipvs/encode.ts';
import { familyName } from '../../../src/ipvs/protocol.ts';
import type { Operation } from '../../../src/ipvs/model.ts';
import { NetlinkConnection } from '../../../src/netlink/connection.ts';
import { resolveFamily } from '../../../src/netlink/generic-family.ts';
import { readErrno, readMessages } from '../../../src/netlink/message-reader.ts';
import { MessageWriter } from '../../../src/netlink/message-writer.ts';
import { messageFlag, messageType, netlinkProtocol } from '../../../src/netlink/protocol.ts';
import { openKernelTransport } from '../../../src/netlink/transport.ts';
import type { Measurement } from '../variant-names.ts';
import { readOperations, type InputFolder } from './input.ts';

/** Large datagrams, so that system calls cost next to nothing. */
const datagramBytes = 60_000;

/**
 * The least that any program on this socket could take: the same messages, encoded beforehand,
 * sent one datagram behind the other, and the last answer awaited. Nothing is kept of the
 * answers but whether one is an error.
 */
export async function floor(folder: InputFolder): Promise<Measurement> {
  const datagrams = encode(await readOperations(folder), await familyNumber());
  return { ms: await send(datagrams), parts: {} };
}

async function familyNumber(): Promise<number> {
  const connection = new NetlinkConnection((events) =>
    openKernelTransport(netlinkProtocol.generic, events),
  );
  try {
    return await resolveFamily(connection, familyName);
  } finally {
    connection.close();
  }
}

/** Each datagram asks for the answer to its last message alone, as the client does. */
function encode(operations: readonly Operation[], family: number): Buffer[] {
  const datagrams: Buffer[] = [];
  const writer = new MessageWriter();
  operations.forEach((operation, index) => {
    writeOperation(writer, family, index + 1, operation);
    if (writer.length >= datagramBytes || index === operations.length - 1) {
      writer.addFlagsToLastMessage(messageFlag.ack);
      datagrams.push(Buffer.from(writer.bytes()));
      writer.reset();
    }
  });
  return datagrams;
}

/** Milliseconds. Rejects where a message fails. */
function send(datagrams: readonly Buffer[]): Promise<number> {
  const socket = new RawNetlinkSocket(netlinkProtocol.generic, {
    recvBufferSize: 4 << 20,
    sendBufferSize: 1 << 20,
  });
  const startedAt = performance.now();
  return new Promise<number>((resolve, reject) => {
    let unanswered = datagrams.length;
    socket.on('error', reject);
    socket.on('message', (datagram) => {
      for (const message of readMessages(datagram)) {
        if (message.type !== messageType.error || readErrno(message.payload) !== 0) {
          reject(new Error('the kernel refused a message of the floor'));
        }
        unanswered -= 1;
      }
      if (unanswered === 0) {
        resolve(performance.now() - startedAt);
      }
    });
    for (const datagram of datagrams) {
      socket.send(datagram);
    }
  }).finally(() => {
    socket.close();
  });
}
