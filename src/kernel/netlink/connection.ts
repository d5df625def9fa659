import { setImmediate as nextTurn } from 'node:timers/promises';
import { InTurn } from '../../base/in-turn.ts';
import { noRest, type Pace } from '../../base/work-in-parts.ts';
import { type Batch, batchOf, type WriteOperation } from './batch.ts';
import { asNetlinkError } from './exchange.ts';
import { Lane } from './lane.ts';
import { readErrno, type ReceivedMessage } from './message-reader.ts';
import type { MessageWriter } from './message-writer.ts';
import { NetlinkError, type Failures, type Outcome } from './netlink-error.ts';
import { messageFlag, messageType } from './protocol.ts';
import type { OpenTransport } from './transport.ts';

export interface ConnectionOptions {
  /** How long the kernel may take to answer one datagram, in milliseconds. */
  readonly deadlineMs: number;
  /** How often an interrupted dump is started again before it is given up. */
  readonly dumpAttempts: number;
  /** The first sequence number; tests start near the end of the numbers. */
  readonly firstSequence: number;
}

const defaultOptions: ConnectionOptions = { deadlineMs: 5000, dumpAttempts: 10, firstSequence: 1 };

/**
 * How many datagrams of a batch are under way at a time, each on a socket of its own: the answers to
 * more than one might not fit a socket's buffer, and a turn of the event loop for each datagram
 * takes longer than the kernel's work.
 */
const laneCount = 4;

/** Two are enough; a datagram that stays unsent is the deadline's matter. */
const mostTurns = 100;

const highestFirstSequence = 0xffff_0000;

/** Writes one message: `beginMessage` with the sequence number, the rest, `endMessage`. */
export type WriteMessage = (writer: MessageWriter, sequence: number) => void;

/**
 * A conversation with one netlink family: batches, single reads and dumps, one after the
 * other. Answers are matched by sequence number, so that a late one harms nobody.
 */
export class NetlinkConnection {
  readonly #options: ConnectionOptions;
  /** The first one does all that takes one datagram. */
  readonly #lanes: readonly [Lane, ...Lane[]];
  #sequence: number;
  /** Of its own: changes do not wait for the lists of an audit. */
  readonly #listLane: Lane;
  readonly #queues = new Map<Lane, InTurn>();

  constructor(open: OpenTransport, options: Partial<ConnectionOptions> = {}) {
    this.#options = { ...defaultOptions, ...options };
    const { deadlineMs, firstSequence } = this.#options;
    this.#sequence = firstSequence;
    this.#lanes = [
      new Lane(open, deadlineMs),
      ...Array.from({ length: laneCount - 1 }, () => new Lane(open, deadlineMs)),
    ];
    this.#listLane = new Lane(open, deadlineMs, 'long');
  }

  /** `executeBatch` for `count` operations of one message each; returns for each why it failed. */
  async execute(count: number, write: WriteOperation): Promise<Outcome[]> {
    const failures = await this.executeBatch(batchOf(count, 0, write));
    return Array.from({ length: count }, (_, index) => failures.get(index));
  }

  /**
   * Sends messages in as few datagrams as can be, in their order, and answers why which of them
   * failed, by their index. Never rejects for what the kernel says of one; where the answers are
   * lost or late the failure is ENOBUFS or ETIMEDOUT.
   */
  executeBatch(batch: Batch): Promise<Failures> {
    return this.#inTurn(this.#lanes[0], async () => {
      const { count } = batch;
      const failures = new Map<number, NetlinkError>();
      let done = 0;
      while (done < count) {
        if (count - done > 1) {
          await this.#untilFree();
        }
        const underWay: Promise<void>[] = [];
        // The kernel has worked through a datagram when it is sent: the order stays.
        for (const lane of this.#lanes) {
          const start = done;
          if (start < count) {
            done += this.#writeDatagram(lane, batch, count - start);
            underWay.push(this.#executeDatagram(lane, failures, start, done));
          }
        }
        // Nearly all batches are one message of one datagram.
        await (underWay.length === 1 ? underWay[0] : Promise.all(underWay));
      }
      return failures;
    });
  }

  /** One request that is answered by one message. Rejects with NetlinkError. */
  get<T>(write: WriteMessage, decode: (payload: Buffer) => T): Promise<T> {
    return this.#inTurn(this.#lanes[0], () => this.#get(write, decode));
  }

  /**
   * What belongs to one object, in turn with changes; started again while it changes under the
   * dump. Rejects with NetlinkError.
   */
  dump<T>(write: WriteMessage, decode: (payload: Buffer) => T): Promise<T[]> {
    const [lane] = this.#lanes;
    let items: T[] = [];
    return this.#attempts(lane, () => {
      items = [];
      return this.#ask(lane, write, (payload) => items.push(decode(payload)));
    }).then(() => items);
  }

  /**
   * A dump of everything of a kind: changes do not wait for it. Each payload is handed to a visitor
   * at a pace, and is valid until that returns; `begin` makes the visitor, and another one where the
   * dump has to be started again, unless an interruption is `harmless`. Rejects with NetlinkError.
   */
  each(
    write: WriteMessage,
    begin: () => (payload: Buffer) => void,
    pace: Pace = noRest,
    interruption: 'starts again' | 'harmless' = 'starts again',
  ): Promise<void> {
    const lane = this.#listLane;
    return this.#attempts(lane, async () => {
      const end = await this.#ask(lane, write, begin(), pace);
      return interruption === 'harmless' ? 'done' : end;
    });
  }

  /** Closes the sockets for good: what is under way, and what comes later, fails with ECANCELED. */
  close(): void {
    for (const lane of [...this.#lanes, this.#listLane]) {
      lane.end();
    }
  }

  /** One thing after the other on a lane. */
  #inTurn<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(lane) ?? new InTurn();
    this.#queues.set(lane, queue);
    return queue.do(work);
  }

  /** Nothing is to overtake what another lane has not sent yet. */
  async #untilFree(): Promise<void> {
    for (let turns = 0; turns < mostTurns && this.#lanes.some((lane) => lane.isBusy); turns += 1) {
      await nextTurn();
    }
  }

  /** Writes as many messages as one datagram takes; returns how many. */
  #writeDatagram({ writer, mostMessages }: Lane, batch: Batch, left: number): number {
    const most = Math.min(left, mostMessages);
    writer.reset();
    writer.reserve(most * batch.messageBytes);
    const written = batch.write(writer, this.#firstSequence(), most);
    this.#sequence += written;
    writer.addFlagsToLastMessage(messageFlag.ack);
    return written;
  }

  /** Sends the messages from `start` to `end`, which were written last, and takes their failures. */
  async #executeDatagram(
    lane: Lane,
    failures: Map<number, NetlinkError>,
    start: number,
    end: number,
  ): Promise<void> {
    const last = this.#sequence - 1;
    const first = last - (end - start) + 1;
    const answered = new Set<number>();
    try {
      await lane.converse((message, finish) => {
        const ours = message.sequence >= first && message.sequence <= last;
        if (message.type !== messageType.error || !ours) {
          return;
        }
        const errno = readErrno(message.payload);
        answered.add(message.sequence);
        if (errno !== 0) {
          failures.set(start + message.sequence - first, NetlinkError.fromErrno(errno));
        }
        if (message.sequence === last) {
          finish();
        }
      });
    } catch (error) {
      const lost = asNetlinkError(error);
      for (let index = start; index < end; index += 1) {
        if (!answered.has(first + index - start)) {
          failures.set(index, lost);
        }
      }
    }
  }

  async #get<T>(write: WriteMessage, decode: (payload: Buffer) => T): Promise<T> {
    const [lane] = this.#lanes;
    const sequence = this.#begin(lane, write);
    const answers: T[] = [];
    await lane.converse((message, finish) => {
      if (message.sequence !== sequence) {
        return;
      }
      throwIfError(message);
      if (message.type >= 16) {
        answers.push(decode(message.payload));
      }
      finish();
    });
    for (const answer of answers) {
      return answer;
    }
    throw new NetlinkError('ENODATA', 'the kernel answered without the object');
  }

  /** Until a dump is not interrupted. */
  #attempts(lane: Lane, dump: () => Promise<'done' | 'interrupted'>): Promise<void> {
    return this.#inTurn(lane, async () => {
      const { dumpAttempts } = this.#options;
      for (let attempt = 0; attempt < dumpAttempts; attempt += 1) {
        if ((await dump()) === 'done') {
          return;
        }
      }
      throw new NetlinkError('EINTR', `the dump was interrupted ${dumpAttempts} times by changes`);
    });
  }

  async #ask(
    lane: Lane,
    write: WriteMessage,
    visit: (payload: Buffer) => void,
    pace?: Pace,
  ): Promise<'done' | 'interrupted'> {
    const sequence = this.#begin(lane, write);
    const seen = { interruption: false };
    await lane.converse((message, finish) => {
      if (message.sequence !== sequence) {
        return;
      }
      seen.interruption ||= (message.flags & messageFlag.dumpInterrupted) !== 0;
      if (message.type === messageType.done || message.type === messageType.error) {
        throwIfFailed(message);
        finish();
      } else {
        visit(message.payload);
      }
    }, pace);
    return seen.interruption ? 'interrupted' : 'done';
  }

  #begin({ writer }: Lane, write: WriteMessage): number {
    this.#firstSequence();
    const sequence = this.#nextSequence();
    writer.reset();
    write(writer, sequence);
    return sequence;
  }

  #nextSequence(): number {
    const sequence = this.#sequence;
    this.#sequence = sequence + 1;
    return sequence;
  }

  /** Sequence numbers are 32 bits wide; within one datagram they must not start over. */
  #firstSequence(): number {
    if (this.#sequence > highestFirstSequence) {
      this.#sequence = 1;
    }
    return this.#sequence;
  }
}

function throwIfError(message: ReceivedMessage): void {
  if (message.type === messageType.error) {
    throwIfFailed(message);
  }
}

/** The payload of both ERROR and DONE starts with an error number. */
function throwIfFailed(message: ReceivedMessage): void {
  const errno = readErrno(message.payload);
  if (errno !== 0) {
    throw NetlinkError.fromErrno(errno);
  }
}
