import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Pace, WorkInParts } from '../../base/work-in-parts.ts';
import { datagramMessages } from './batch.ts';
import { DatagramQueue } from './datagram-queue.ts';
import { asNetlinkError, Exchange, type TakeMessage } from './exchange.ts';
import { readMessages, type ReceivedMessage } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { NetlinkError } from './netlink-error.ts';
import type { AnswerSize, NetlinkTransport, OpenTransport } from './transport.ts';

/** A message of a list takes so long as one small item, or as hundreds: so many bytes are one. */
const smallItemBytes = 100;

/** One socket of a connection: one datagram at a time, and the messages that answer it. */
export class Lane {
  /** What is to be sent next. */
  readonly writer = new MessageWriter();
  readonly #open: OpenTransport;
  readonly #deadlineMs: number;
  #transport: NetlinkTransport | undefined;
  #exchange: Exchange | undefined;
  #ended = false;
  readonly #answers: AnswerSize;
  /** Where the answer under way is looked at in parts. */
  #parts: WorkInParts | undefined;
  readonly #waiting = new DatagramQueue();
  #isReceiving = false;

  /** `deadlineMs`: how long the kernel may be silent, in milliseconds. */
  constructor(open: OpenTransport, deadlineMs: number, answers: AnswerSize = 'short') {
    this.#open = open;
    this.#deadlineMs = deadlineMs;
    this.#answers = answers;
  }

  /**
   * Sends what was written, before this returns, and hands each message that comes back to `take`,
   * until that is done: at once, or in parts at a pace. The kernel has the next datagram of a list
   * ready as soon as one was read, and the binding reads 32 in one turn of the event loop. Rejects
   * with NetlinkError.
   */
  async converse(take: TakeMessage, pace?: Pace): Promise<void> {
    const exchange = new Exchange(this.#deadlineMs, take);
    this.#exchange = exchange;
    this.#parts = pace === undefined ? undefined : new WorkInParts(pace);
    this.#waiting.clear();
    try {
      this.#connected().send(this.writer.bytes());
    } catch (error) {
      exchange.breakOff(asNetlinkError(error));
    }
    try {
      await exchange.done;
    } finally {
      this.#exchange = undefined;
      if (exchange.broken) {
        // What is still queued in this socket would be answered to nobody; start afresh.
        this.close();
      }
    }
  }

  /**
   * Whether what is sent now would wait: the binding takes a datagram for sent one turn of the event
   * loop after it was, even where its answer is there already.
   */
  get isBusy(): boolean {
    return this.#transport?.isBusy?.() === true;
  }

  /** How many messages the next datagram may have, so that the errors of all fit the receive buffer. */
  get mostMessages(): number {
    const errors = this.#transport?.mostErrors ?? datagramMessages.usual;
    return Math.min(Math.max(errors, 1), datagramMessages.most);
  }

  /** Closes the socket; the next datagram opens it again. */
  close(): void {
    this.#transport?.close();
    this.#transport = undefined;
  }

  /** Closes the socket for good: what is under way, and what comes later, fails with ECANCELED. */
  end(): void {
    this.#ended = true;
    this.#exchange?.breakOff(ended());
    this.close();
  }

  /** Throws NetlinkError once ended: a socket that is opened then would keep the process alive. */
  #connected(): NetlinkTransport {
    if (this.#ended) {
      throw ended();
    }
    this.#transport ??= this.#open(
      {
        message: (datagram) => {
          if (this.#parts === undefined) {
            this.#receive(datagram);
          } else {
            this.#waiting.push(datagram);
            void this.#receiveInParts(this.#parts);
          }
        },
        error: (code) => {
          this.#exchange?.socketFailed(code);
        },
      },
      this.#answers,
    );
    return this.#transport;
  }

  /** What waits, datagram by datagram; never rejects. */
  async #receiveInParts(parts: WorkInParts): Promise<void> {
    if (this.#isReceiving) {
      return;
    }
    this.#isReceiving = true;
    // The rest of what can be read now comes first.
    await nextTurn();
    parts.begin();
    for (let next = this.#waiting.take(); next !== undefined; next = this.#waiting.take()) {
      this.#receive(next);
      if (parts.isOver(next.length / smallItemBytes)) {
        await parts.pause();
      }
    }
    this.#isReceiving = false;
  }

  /** A datagram that makes no sense is a failure of the exchange, never of the process. */
  #receive(datagram: Buffer): void {
    let messages: ReceivedMessage[];
    try {
      messages = readMessages(datagram);
    } catch {
      this.#exchange?.socketFailed('EBADMSG');
      return;
    }
    this.#exchange?.receive(messages);
  }
}

function ended(): NetlinkError {
  return new NetlinkError('ECANCELED', 'the connection was closed');
}
