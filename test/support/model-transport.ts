import type { Clock } from '../../src/source/api-server/clock.ts';
import {
  UnreachableError,
  type ApiResponse,
  type ApiTransport,
} from '../../src/source/api-server/transport.ts';
import type { ModelApi } from './model-api.ts';

/** What goes wrong with a request. */
export type Fault =
  /** No connection: the network says so. */
  | { readonly kind: 'refused' }
  /** An answer in the place of the server's, as an overloaded server gives. */
  | { readonly kind: 'status'; readonly code: number; readonly retryAfterSeconds?: number }
  /** The connection stands, and nothing is ever heard. */
  | { readonly kind: 'silent' }
  /** The connection breaks after so many characters of the body; before the headers for -1. */
  | { readonly kind: 'cut'; readonly after: number }
  /** The body arrives in pieces of so many characters, with a pause before each. */
  | { readonly kind: 'slow'; readonly length: number; readonly pauseMs: number }
  /** Each event arrives twice, one after the other. */
  | { readonly kind: 'twice' }
  /** Each event is followed by the one before it, once more. */
  | { readonly kind: 'echo' };

/** Chooses what goes wrong with a request: undefined for nothing. */
export type FaultPlan = (pathAndQuery: string) => Fault | undefined;

/** Requests to a ModelApi without a network, which can fail in all the ways a network can. */
export class ModelTransport implements ApiTransport {
  plan: FaultPlan = () => undefined;
  readonly paths: string[] = [];
  readonly #model: ModelApi;
  readonly #clock: Clock;
  readonly #open = new Set<Stream>();

  constructor(model: ModelApi, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
  }

  async get(path: string, signal: AbortSignal): Promise<ApiResponse> {
    this.paths.push(path);
    const fault = this.plan(path);
    signal.throwIfAborted();
    if (fault?.kind === 'refused') {
      throw new UnreachableError('connect ECONNREFUSED');
    }
    if (fault?.kind === 'cut' && fault.after < 0) {
      throw new Error('socket hang up');
    }
    if (fault?.kind === 'status') {
      return this.#refuse(fault.code, fault.retryAfterSeconds);
    }
    const stream = new Stream(path, fault, this.#clock);
    this.#open.add(stream);
    const head = Promise.withResolvers<number>();
    const leave = this.#model.answer(path, {
      head: (status) => {
        if (fault?.kind !== 'silent') {
          head.resolve(status);
        }
      },
      write: (text) => stream.write(text),
      end: () => stream.end(),
      break: () => stream.fail(new Error('aborted')),
    });
    stream.onLeave = () => {
      leave();
      this.#open.delete(stream);
    };
    signal.addEventListener('abort', () => {
      // What aborts here gives an error as the reason.
      head.reject(signal.reason as Error);
      stream.abort(signal.reason as Error);
    });
    const status = await head.promise;
    return { status, retryAfterSeconds: undefined, body: stream };
  }

  close(): void {}

  /** All present connections stay open, and nothing is heard from them any more. */
  silence(): void {
    this.#open.forEach((stream) => {
      stream.silence();
    });
  }

  /** What present watches would tell is kept back until the function is called. */
  hold(part: string): () => void {
    const held = [...this.#open].filter(({ path }) => path.includes(part));
    held.forEach((stream) => {
      stream.hold();
    });
    return () => {
      held.forEach((stream) => {
        stream.release();
      });
    };
  }

  #refuse(status: number, retryAfterSeconds: number | undefined): ApiResponse {
    const body = new Stream('', undefined, this.#clock);
    body.write(JSON.stringify({ kind: 'Status', message: `status ${status}`, code: status }));
    body.end();
    return { status, retryAfterSeconds, body };
  }
}

/** A body on its way. */
class Stream implements AsyncIterable<string> {
  readonly path: string;
  /** Called when nobody listens any more. */
  onLeave = (): void => undefined;
  readonly #fault: Fault | undefined;
  readonly #clock: Clock;
  readonly #ready: string[] = [];
  readonly #held: string[] = [];
  #isSilent: boolean;
  #isHeld = false;
  #length = 0;
  #previous = '';
  #outcome: 'open' | 'ended' | Error = 'open';
  #wake = (): void => undefined;

  constructor(path: string, fault: Fault | undefined, clock: Clock) {
    this.path = path;
    this.#fault = fault;
    this.#clock = clock;
    this.#isSilent = fault?.kind === 'silent';
  }

  write(text: string): void {
    if (this.#isHeld) {
      this.#held.push(text);
    } else if (this.#outcome === 'open' && !this.#isSilent) {
      this.#distort(text);
      this.#wake();
    }
  }

  end(): void {
    this.#hear('ended');
  }

  /** The server, or the network, breaks the connection. */
  fail(error: Error): void {
    this.#hear(error);
  }

  /** The client breaks it. */
  abort(reason: Error): void {
    this.#finish(reason);
    this.onLeave();
  }

  silence(): void {
    this.#isSilent = true;
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#held.splice(0).forEach((text) => {
      this.write(text);
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    try {
      for (;;) {
        const piece = await this.#nextPiece();
        if (piece !== undefined) {
          yield piece;
        } else if (this.#outcome === 'open') {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else if (this.#outcome === 'ended') {
          return;
        } else {
          throw this.#outcome;
        }
      }
    } finally {
      this.onLeave();
    }
  }

  async #nextPiece(): Promise<string | undefined> {
    if (this.#fault?.kind === 'slow' && this.#ready.length > 0) {
      await this.#clock.sleep(this.#fault.pauseMs, new AbortController().signal);
    }
    return this.#ready.shift();
  }

  #distort(text: string): void {
    const fault = this.#fault;
    switch (fault?.kind) {
      case 'cut':
        this.#ready.push(text.slice(0, fault.after - this.#length));
        this.#length += text.length;
        if (this.#length >= fault.after) {
          this.#finish(new Error('aborted'));
        }
        break;
      case 'slow':
        this.#ready.push(...(text.match(new RegExp(`[^]{1,${fault.length}}`, 'g')) ?? []));
        break;
      case 'twice':
        this.#ready.push(text, text);
        break;
      case 'echo':
        this.#ready.push(text, this.#previous);
        this.#previous = text;
        break;
      default:
        this.#ready.push(text);
    }
  }

  #hear(outcome: 'ended' | Error): void {
    if (!this.#isSilent) {
      this.#finish(outcome);
    }
  }

  #finish(outcome: 'ended' | Error): void {
    if (this.#outcome === 'open') {
      this.#outcome = outcome;
      this.#wake();
    }
  }
}
