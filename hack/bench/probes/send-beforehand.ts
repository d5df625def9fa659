import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { readErrno, readMessages } from '../../../src/netlink/message-reader.ts';
import { MessageWriter } from '../../../src/netlink/message-writer.ts';
import { messageFlag, messageType, type NetlinkProtocol } from '../../../src/netlink/protocol.ts';

/** Large datagrams, so that system calls cost next to nothing. */
const datagramBytes = 60_000;

/**
 * Messages encoded beforehand, in large datagrams; each asks for the answer to its last message
 * alone, as the clients do.
 */
export function encode<T>(
  items: readonly T[],
  write: (writer: MessageWriter, sequence: number, item: T) => void,
): Buffer[] {
  const datagrams: Buffer[] = [];
  const writer = new MessageWriter();
  items.forEach((item, index) => {
    write(writer, index + 1, item);
    if (writer.length >= datagramBytes || index === items.length - 1) {
      writer.addFlagsToLastMessage(messageFlag.ack);
      datagrams.push(Buffer.from(writer.bytes()));
      writer.reset();
    }
  });
  return datagrams;
}

/** The same with a datagram for each message. */
export function encodeSingly<T>(
  items: readonly T[],
  write: (writer: MessageWriter, sequence: number, item: T) => void,
): Buffer[] {
  const writer = new MessageWriter();
  return items.map((item, index) => {
    writer.reset();
    write(writer, index + 1, item);
    writer.addFlagsToLastMessage(messageFlag.ack);
    return Buffer.from(writer.bytes());
  });
}

/** A socket that sends what is encoded, waits for the answers, and does nothing else. */
export class BareSocket {
  readonly #socket: RawNetlinkSocket;
  #unanswered = 0;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(protocol: NetlinkProtocol) {
    this.#socket = new RawNetlinkSocket(protocol, {
      recvBufferSize: 4 << 20,
      sendBufferSize: 1 << 20,
    });
    this.#socket.on('error', (error) => {
      this.#reject(error);
    });
    this.#socket.on('message', (datagram) => {
      this.#receive(datagram);
    });
  }

  /**
   * Sends one datagram behind the other; milliseconds until the last answer. Rejects where a
   * message fails.
   */
  async send(datagrams: readonly Buffer[]): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#resolve = () => {
      resolve(undefined);
    };
    this.#reject = reject;
    this.#unanswered = datagrams.length;
    const startedAt = performance.now();
    for (const datagram of datagrams) {
      this.#socket.send(datagram);
    }
    await promise;
    return performance.now() - startedAt;
  }

  close(): void {
    this.#socket.close();
  }

  /** Nothing is kept of the answers but whether one is an error. */
  #receive(datagram: Buffer): void {
    for (const message of readMessages(datagram)) {
      if (message.type !== messageType.error || readErrno(message.payload) !== 0) {
        this.#reject(new Error('the kernel refused a message that was encoded beforehand'));
      }
      this.#unanswered -= 1;
    }
    if (this.#unanswered === 0) {
      this.#resolve();
    }
  }
}
