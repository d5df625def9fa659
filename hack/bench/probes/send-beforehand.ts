import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { readErrno, readMessages } from '../../../src/kernel/netlink/message-reader.ts';
import { MessageWriter } from '../../../src/kernel/netlink/message-writer.ts';
import {
  messageFlag,
  messageType,
  type NetlinkProtocol,
} from '../../../src/kernel/netlink/protocol.ts';

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
  /** The sequence number of the last message, whose answer comes last. */
  #last = 0;
  #refusals = 0;
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
   * Sends one datagram behind the other; milliseconds until the last answer. Rejects where other
   * messages fail than so many.
   */
  async send(datagrams: readonly Buffer[], refusals = 0): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#resolve = () => {
      resolve(undefined);
    };
    this.#reject = reject;
    this.#last = readMessages(datagrams.at(-1) ?? Buffer.alloc(0)).at(-1)?.sequence ?? 0;
    this.#refusals = 0;
    const startedAt = performance.now();
    for (const datagram of datagrams) {
      this.#socket.send(datagram);
    }
    await promise;
    const ms = performance.now() - startedAt;
    if (this.#refusals !== refusals) {
      throw new Error(
        `the kernel refused ${this.#refusals} of the messages that were encoded beforehand, where ${refusals} are right`,
      );
    }
    return ms;
  }

  close(): void {
    this.#socket.close();
  }

  /** Nothing is kept of the answers but how many are errors. */
  #receive(datagram: Buffer): void {
    for (const message of readMessages(datagram)) {
      if (message.type !== messageType.error || readErrno(message.payload) !== 0) {
        this.#refusals += 1;
      }
      if (message.sequence === this.#last) {
        this.#resolve();
      }
    }
  }
}
