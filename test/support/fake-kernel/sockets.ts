import { readMessages, type ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import type { OpenTransport, TransportEvents } from '../../../src/kernel/netlink/transport.ts';
import { errorMessage } from './wire.ts';

/** A socket of a kernel, as the other end sees it. */
export interface FakeSocket {
  /** 0 for the first socket that was opened. */
  readonly number: number;
  /** Hands messages over, together in one datagram, as soon as the present call is over. */
  reply(...messages: readonly Buffer[]): void;
  /** Reports an errno, as ENOBUFS for a receive buffer that ran over. */
  fail(code: string): void;
}

/** What is done with a datagram; `number` counts the datagrams from 0. */
export type Script = (
  messages: readonly ReceivedMessage[],
  socket: FakeSocket,
  number: number,
) => void;

/** The sockets of one netlink protocol, on whose other end a script says what happens. */
export class ScriptedSockets {
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
