import { asError } from '../../base/as-error.ts';
import { MalformedMessageError, type ReceivedMessage } from './message-reader.ts';
import { NetlinkError } from './netlink-error.ts';
import { startTimer } from '../../base/time/timers.ts';

/** Takes one message of the answer; calls `finish` at the last one, or throws. */
export type TakeMessage = (message: ReceivedMessage, finish: () => void) => void;

/** After lost answers, how long the kernel's remaining ones are waited for, in milliseconds. */
const overrunGraceMs = 20;

/**
 * One datagram that was sent and what the kernel answers to it. Every datagram of the answer
 * starts the deadline anew: a long dump is no reason to give up, a silent kernel is.
 */
export class Exchange {
  /** Settles with the answer: rejects with what `take` threw, or with NetlinkError. */
  readonly done: Promise<void>;
  readonly #take: TakeMessage;
  /** While the next turn of the event loop has not passed, which mostly brings the answer. */
  #nextTurn: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastLook: NodeJS.Immediate | undefined;
  #failure: string | undefined;
  #settled = false;
  #broken = false;
  #resolve!: () => void;
  #reject!: (error: NetlinkError) => void;

  /** `deadlineMs` is how long the kernel may be silent, in milliseconds. */
  constructor(deadlineMs: number, take: TakeMessage) {
    this.#take = take;
    this.done = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // The kernel has its answer ready when `send` returns, and the next turn of the event loop reads
    // it; immediates of this turn come before that. A timer asks for the time.
    this.#nextTurn = setImmediate(() => {
      this.#nextTurn = setImmediate(() => {
        this.#timer = this.#startDeadline(deadlineMs);
      });
    });
  }

  #startDeadline(deadlineMs: number): NodeJS.Timeout {
    return startTimer(() => {
      // Node runs timers before it reads sockets: after the process was held up, by the kernel
      // that loads a module within `send` for instance, the answer may be there already.
      this.#lastLook = setImmediate(() => {
        this.breakOff(
          new NetlinkError('ETIMEDOUT', `the kernel did not answer within ${deadlineMs} ms`),
        );
      });
    }, deadlineMs);
  }

  /** The messages of one datagram, in their order. */
  receive(messages: readonly ReceivedMessage[]): void {
    clearImmediate(this.#lastLook);
    for (const message of messages) {
      this.#receiveMessage(message);
    }
    // Once for all of them.
    if (!this.#settled && this.#failure === undefined) {
      this.#timer?.refresh();
    }
  }

  /** Ended without the kernel's whole answer: nothing more is to be expected of the socket. */
  get broken(): boolean {
    return this.#broken;
  }

  breakOff(error: NetlinkError): void {
    this.#settle(() => {
      this.#broken = true;
      this.#reject(error);
    });
  }

  /** The socket reports an errno: what is still to be read is taken, then the exchange fails. */
  socketFailed(code: string): void {
    if (this.#settled) {
      return;
    }
    this.#clearTimers();
    this.#failure ??= code;
    this.#timer = startTimer(
      () => {
        this.breakOff(lostAnswers(code));
      },
      code === 'ENOBUFS' ? overrunGraceMs : 0,
    );
  }

  #receiveMessage(message: ReceivedMessage): void {
    if (this.#settled) {
      return;
    }
    try {
      this.#take(message, () => {
        this.#finish();
      });
    } catch (error) {
      if (error instanceof NetlinkError) {
        this.#settle(() => {
          this.#reject(error);
        });
      } else {
        // An answer that makes no sense; the rest of it must not meet the next question.
        this.breakOff(asNetlinkError(error));
      }
    }
  }

  #finish(): void {
    if (this.#failure === undefined) {
      this.#settle(this.#resolve);
    } else {
      // The last answer is here, and yet some before it may be lost.
      this.breakOff(lostAnswers(this.#failure));
    }
  }

  #settle(how: () => void): void {
    if (!this.#settled) {
      this.#settled = true;
      this.#clearTimers();
      how();
    }
  }

  #clearTimers(): void {
    clearImmediate(this.#nextTurn);
    clearTimeout(this.#timer);
    clearImmediate(this.#lastLook);
  }
}

/** Whatever was thrown, as the error that callers of a connection expect. */
export function asNetlinkError(error: unknown): NetlinkError {
  if (error instanceof NetlinkError) {
    return error;
  }
  if (error instanceof MalformedMessageError) {
    return new NetlinkError('EBADMSG', error.message);
  }
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string'
      ? error.code
      : 'EIO';
  return new NetlinkError(code, asError(error).message);
}

function lostAnswers(code: string): NetlinkError {
  return code === 'ENOBUFS'
    ? new NetlinkError(code, 'the receive buffer overflowed and answers were lost')
    : new NetlinkError(code, 'the netlink socket failed');
}
