import { MalformedMessageError, type ReceivedMessage } from './message-reader.ts';
import { NetlinkError } from './netlink-error.ts';

/** Takes one message of the answer; calls `finish` at the last one, or throws. */
export type TakeMessage = (message: ReceivedMessage, finish: () => void) => void;

/** After lost answers, how long the kernel's remaining ones are waited for, in milliseconds. */
const overrunGraceMs = 20;

/**
 * One datagram that was sent and what the kernel answers to it. Every part of the answer
 * starts the deadline anew: a long dump is no reason to give up, a silent kernel is.
 */
export class Exchange {
  /** Settles with the answer: rejects with what `take` threw, or with NetlinkError. */
  readonly done: Promise<void>;
  readonly #take: TakeMessage;
  #timer: NodeJS.Timeout;
  #answersLost = false;
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
    this.#timer = setTimeout(() => {
      this.breakOff(
        new NetlinkError('ETIMEDOUT', `the kernel did not answer within ${deadlineMs} ms`),
      );
    }, deadlineMs);
  }

  receive(message: ReceivedMessage): void {
    if (!this.#answersLost) {
      this.#timer.refresh();
    }
    try {
      this.#take(message, () => {
        clearTimeout(this.#timer);
        this.#resolve();
      });
    } catch (error) {
      clearTimeout(this.#timer);
      this.#reject(asNetlinkError(error));
    }
  }

  /** Ended without the kernel's whole answer: nothing more is to be expected of the socket. */
  get broken(): boolean {
    return this.#broken;
  }

  breakOff(error: NetlinkError): void {
    clearTimeout(this.#timer);
    this.#broken = true;
    this.#reject(error);
  }

  /** The socket reports an errno: what is still to be read is taken, then the exchange fails. */
  socketFailed(code: string): void {
    clearTimeout(this.#timer);
    this.#answersLost = true;
    this.#timer = setTimeout(
      () => {
        this.breakOff(lostAnswers(code));
      },
      code === 'ENOBUFS' ? overrunGraceMs : 0,
    );
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
  return new NetlinkError(code, error instanceof Error ? error.message : String(error));
}

function lostAnswers(code: string): NetlinkError {
  return code === 'ENOBUFS'
    ? new NetlinkError(code, 'the receive buffer ran over and answers were lost')
    : new NetlinkError(code, 'the netlink socket failed');
}
