import { readMessages, type ReceivedMessage } from '../../src/netlink/message-reader.ts';
import type { OpenTransport, TransportEvents } from '../../src/netlink/transport.ts';

/** A socket of the fake kernel, as the script of a test sees it. */
export interface FakeSocket {
  /** 0 for the first socket that was opened. */
  readonly number: number;
  /** Hands messages over, together in one datagram, as soon as the present call is over. */
  reply(...messages: readonly Buffer[]): void;
  /** Reports an errno, as ENOBUFS for a receive buffer that ran over. */
  fail(code: string): void;
}

/** What the fake kernel does with a datagram; `number` counts the datagrams from 0. */
export type Script = (
  messages: readonly ReceivedMessage[],
  socket: FakeSocket,
  number: number,
) => void;

/** A kernel on the other end of a netlink socket that does what a script says. */
export class FakeKernel {
  /** The messages of each datagram that came in. */
  readonly datagrams: (readonly ReceivedMessage[])[] = [];
  /** The size of each datagram in bytes. */
  readonly sizes: number[] = [];
  opened = 0;
  closed = 0;
  /** What each socket says of its receive buffer; nothing unless a test sets it. */
  mostErrors: number | undefined;
  readonly #script: Script;

  constructor(script: Script = answerAll()) {
    this.#script = script;
  }

  readonly open: OpenTransport = (events) => {
    const socket = fakeSocket(events, this.opened);
    this.opened += 1;
    return {
      ...(this.mostErrors === undefined ? {} : { mostErrors: this.mostErrors }),
      send: (datagram) => {
        // A copy: the sender writes its next datagram over this one.
        const messages = readMessages(Buffer.from(datagram));
        this.datagrams.push(messages);
        this.sizes.push(datagram.length);
        this.#script(messages, socket, this.datagrams.length - 1);
      },
      close: () => {
        this.closed += 1;
      },
    };
  };
}

function fakeSocket(events: TransportEvents, number: number): FakeSocket {
  return {
    number,
    reply(...messages) {
      setImmediate(() => {
        events.message(Buffer.concat(messages));
      });
    },
    fail(code) {
      setImmediate(() => {
        events.error(code);
      });
    },
  };
}

/**
 * The script of a kernel that does all it is asked: a message fails with the errno that
 * `errnoOf` gives its place among all messages so far, the others get an ACK if they ask.
 */
export function answerAll(errnoOf: (index: number) => number = () => 0): Script {
  let index = 0;
  return (messages, socket) => {
    const replies: Buffer[] = [];
    for (const { sequence, flags } of messages) {
      const errno = errnoOf(index);
      index += 1;
      if (errno !== 0 || (flags & 0x4) !== 0) {
        replies.push(errorMessage(sequence, errno));
      }
    }
    socket.reply(...replies);
  };
}

/** A netlink message, padded; written by hand and not by the project's own writer. */
export function netlinkMessage(
  type: number,
  sequence: number,
  payload: Uint8Array,
  flags = 0,
): Buffer {
  const message = Buffer.alloc((16 + payload.length + 3) & ~3);
  message.writeUInt32LE(16 + payload.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.set(payload, 16);
  return message;
}

/** NLMSG_ERROR with the positive errno and the header of what it answers; 0 is an ACK. */
export function errorMessage(sequence: number, errno: number): Buffer {
  const payload = Buffer.alloc(20);
  payload.writeInt32LE(0 - errno, 0);
  payload.writeUInt32LE(sequence, 12);
  return netlinkMessage(2, sequence, payload);
}

/** NLMSG_DONE: the end of a dump; flag 0x10 says that it was interrupted. */
export function doneMessage(sequence: number, flags = 0, errno = 0): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeInt32LE(0 - errno, 0);
  return netlinkMessage(3, sequence, payload, 0x2 | flags);
}

/** An attribute, padded, written by hand. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}
