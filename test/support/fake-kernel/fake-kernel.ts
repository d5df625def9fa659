import { constants } from 'node:os';
import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import type { OpenTransport } from '../../../src/kernel/netlink/transport.ts';
import { FakeConntrack } from './conntrack.ts';
import { FakeGenericNetlink } from './generic.ts';
import { FakeIpsets } from './ipset.ts';
import { FakeRoute } from './route.ts';
import { flag, type Request, type Subsystem } from './request.ts';
import { ScriptedSockets, type FakeSocket } from './sockets.ts';
import { doneMessage, errorMessage, netlinkMessage, Refusal } from './wire.ts';

/** How the kernel answers one request: what a real one does not do when it is told to. */
export type Fault =
  /** It does nothing and says so; a number for what has no name, as the errnos of ipset. */
  | { readonly kind: 'refused'; readonly code: keyof typeof constants.errno | number }
  /** It does what is asked and answers nothing at all. */
  | { readonly kind: 'lost' }
  /** It does what is asked, or nothing, and the datagram with its answer makes no sense. */
  | { readonly kind: 'garbled'; readonly undone?: boolean }
  /** It does what is asked, and the receive buffer runs over: ENOBUFS. */
  | { readonly kind: 'overrun' }
  /** A dump whose end says that the table changed meanwhile. */
  | { readonly kind: 'interrupted' };

export type Protocol = 'generic' | 'route' | 'netfilter';

/** So many messages of a dump come in one datagram. */
const dumpMessages = 8;

/**
 * A kernel in memory on the other end of netlink sockets: it reads the bytes that clients write, keeps
 * state, and answers as Linux 6.1 does; `test/support/conformance/` holds it to that.
 * What a test sees of it are its parts, the requests in words, and the faults that it orders.
 */
export class FakeKernel {
  readonly generic = new FakeGenericNetlink();
  readonly ipvs = this.generic.ipvs;
  readonly route = new FakeRoute();
  readonly ipset = new FakeIpsets();
  readonly conntrack = new FakeConntrack();
  /** Every change that it was asked for, in words, whether it did it or not. */
  readonly log: string[] = [];
  /** Every question that it was asked, in words. */
  readonly questions: string[] = [];
  /**
   * The errno for what is refused as long as this is set, besides what does not fit; with `nonsense`
   * the datagram with the answer makes none.
   */
  refuses: (request: Request) => keyof typeof constants.errno | 'nonsense' | undefined = () =>
    undefined;
  readonly sockets: Readonly<Record<Protocol, ScriptedSockets>> = {
    generic: this.#sockets('generic'),
    route: this.#sockets('route'),
    netfilter: this.#sockets('netfilter'),
  };
  readonly #faults = new Map<string, Fault[]>();
  readonly #stalled = new Map<Protocol, (() => void)[]>();
  readonly #held = new Map<string, (() => void)[]>();

  readonly #subsystems: Readonly<Record<Protocol, Subsystem>> = {
    generic: (message) => this.generic.request(message),
    route: (message) => this.route.request(message),
    netfilter: (message) =>
      message.type >> 8 === 1 ? this.conntrack.request(message) : this.ipset.request(message),
  };

  /** In the place of `kernelTransport`. */
  open(protocol: Protocol): OpenTransport {
    return this.sockets[protocol].open;
  }

  /** As `open`, for somebody else: what that one asks is not in the log and meets no fault. */
  openElsewhere(protocol: Protocol): OpenTransport {
    return new ScriptedSockets((messages, socket) => {
      const subsystem = this.#subsystems[protocol];
      socket.reply(
        ...messages.flatMap((message) =>
          answer(message, subsystem, (request) => request.perform()),
        ),
      );
    }).open;
  }

  /** The next changes of an object, or the next questions in these words, meet one fault each. */
  addFaults(what: string, ...faults: readonly Fault[]): void {
    this.#faults.set(what, [...(this.#faults.get(what) ?? []), ...faults]);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Nothing that comes in is looked at before the function is called. */
  stall(protocol: Protocol): () => void {
    this.#stalled.set(protocol, []);
    return () => {
      const waiting = this.#stalled.get(protocol) ?? [];
      this.#stalled.delete(protocol);
      waiting.forEach((work) => {
        work();
      });
    };
  }

  /** The answers to a question are made and kept back until the function is called. */
  holdAnswers(words: string): () => void {
    this.#held.set(words, []);
    return () => {
      const waiting = this.#held.get(words) ?? [];
      this.#held.delete(words);
      waiting.forEach((send) => {
        send();
      });
    };
  }

  #sockets(protocol: Protocol): ScriptedSockets {
    return new ScriptedSockets((messages, socket) => {
      const work = (): void => {
        this.#answerDatagram(messages, socket, this.#subsystems[protocol]);
      };
      const waiting = this.#stalled.get(protocol);
      if (waiting === undefined) {
        work();
      } else {
        waiting.push(work);
      }
    });
  }

  #answerDatagram(
    messages: readonly ReceivedMessage[],
    socket: FakeSocket,
    subsystem: Subsystem,
  ): void {
    const faults = new Set<Fault['kind'] | undefined>();
    let held: (() => void)[] | undefined;
    const replies = messages.flatMap((message) => {
      let fault: Fault | undefined;
      const all = answer(message, subsystem, (request) => {
        fault = this.#faultOf(request) ?? this.#standingFault(request);
        faults.add(fault?.kind);
        held ??= this.#held.get(request.words);
        return this.#perform(request, fault);
      });
      return fault === undefined ? all : distorted(all, fault);
    });
    const send = (): void => {
      if (faults.has('overrun')) {
        socket.fail('ENOBUFS');
      } else if (faults.has('garbled')) {
        socket.reply(Buffer.alloc(16));
      } else {
        sendInParts(replies, socket);
      }
    };
    if (held === undefined) {
      send();
    } else {
      held.push(send);
    }
  }

  #perform(request: Request, fault: Fault | undefined): readonly Buffer[] | undefined {
    (request.kind === 'change' ? this.log : this.questions).push(request.words);
    if (fault?.kind === 'refused') {
      const { code } = fault;
      throw new Refusal(typeof code === 'number' ? code : constants.errno[code]);
    }
    return fault?.kind === 'garbled' && fault.undone === true ? undefined : request.perform();
  }

  #standingFault(request: Request): Fault | undefined {
    const code = this.refuses(request);
    return code === 'nonsense'
      ? { kind: 'garbled', undone: true }
      : code && { kind: 'refused', code };
  }

  #faultOf({ kind, object, words }: Request): Fault | undefined {
    return (
      (kind === 'change' ? this.#faults.get(object)?.shift() : undefined) ??
      this.#faults.get(words)?.shift()
    );
  }
}

/** The messages that answer one; `perform` does what it asks. */
function answer(
  message: ReceivedMessage,
  subsystem: Subsystem,
  perform: (request: Request) => readonly Buffer[] | undefined,
): Buffer[] {
  const { sequence, flags, type } = message;
  const ack = (flags & flag.ack) === 0 ? [] : [errorMessage(sequence, 0)];
  if ((flags & flag.request) === 0 || type < 16) {
    return ack;
  }
  try {
    const request = subsystem(message);
    const isDump = request.kind === 'dump';
    const payloads = perform(request) ?? [];
    const parts = payloads.map((payload) =>
      netlinkMessage(request.answerType ?? 0, sequence, payload, isDump ? 2 : 0),
    );
    return [...parts, ...(isDump ? [doneMessage(sequence)] : ack)];
  } catch (error) {
    if (error instanceof Refusal) {
      return [errorMessage(sequence, error.errno)];
    }
    throw error;
  }
}

/** An answer that is lost, or a dump with NLM_F_DUMP_INTR at its end. */
function distorted(messages: readonly Buffer[], { kind }: Fault): readonly Buffer[] {
  const last = messages.at(-1);
  if (kind === 'interrupted' && last !== undefined) {
    last.writeUInt16LE(last.readUInt16LE(6) | 0x10, 6);
  }
  return kind === 'lost' ? [] : messages;
}

function sendInParts(replies: readonly Buffer[], socket: FakeSocket): void {
  for (let start = 0; start < replies.length; start += dumpMessages) {
    socket.reply(...replies.slice(start, start + dumpMessages));
  }
}
