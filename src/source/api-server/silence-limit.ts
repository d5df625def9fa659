import type { Clock } from './clock.ts';
import type { ApiResponse, ApiTransport } from './transport.ts';

/** Nothing was heard from the server for too long: the connection counts as dead. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';

  constructor(limitMs: number) {
    super(`nothing was heard from the server for ${limitMs / 1000} s`);
  }
}

/** How long a server may be silent, in milliseconds. */
export interface SilenceLimits {
  /** Until its answer begins. */
  readonly answerMs: number;
  /** Between two pieces of the body. */
  readonly pieceMs: number;
}

/**
 * A request that ends in a SilenceError when the server is silent for too long: a
 * connection that has died without a word is noticed, however long the answer may take
 * as a whole. The body has to be read, up to its end or until its reader leaves.
 */
export async function getWithin(
  transport: ApiTransport,
  clock: Clock,
  limits: SilenceLimits,
  { path, accept }: { readonly path: string; readonly accept: string },
  signal: AbortSignal,
): Promise<ApiResponse> {
  const limit = new SilenceLimit(clock, limits.answerMs, signal);
  try {
    const response = await transport.get(path, limit.signal, accept);
    limit.restart(limits.pieceMs);
    return { ...response, body: limitedBody(response.body, limit, limits.pieceMs) };
  } catch (error) {
    limit.end();
    throw limit.exceeded ?? error;
  }
}

async function* limitedBody(
  body: AsyncIterable<string>,
  limit: SilenceLimit,
  pieceMs: number,
): AsyncGenerator<string> {
  try {
    for await (const piece of body) {
      limit.restart(pieceMs);
      yield piece;
    }
  } catch (error) {
    throw limit.exceeded ?? error;
  } finally {
    limit.end();
  }
}

/** Aborts a signal when it is not restarted in time. */
class SilenceLimit {
  readonly #clock: Clock;
  readonly #parent: AbortSignal;
  readonly #controller = new AbortController();
  readonly #onParentAbort = (): void => {
    this.#controller.abort(this.#parent.reason);
  };
  #limitMs: number;
  #dueMs: number;
  #exceeded: SilenceError | undefined;
  #cancelTimer: () => void;

  constructor(clock: Clock, limitMs: number, parent: AbortSignal) {
    this.#clock = clock;
    this.#parent = parent;
    this.#limitMs = limitMs;
    this.#dueMs = clock.now() + limitMs;
    this.#cancelTimer = this.#startTimer(limitMs);
    parent.addEventListener('abort', this.#onParentAbort, { once: true });
    if (parent.aborted) {
      this.#onParentAbort();
    }
  }

  /** Aborted when the limit is exceeded, and when the parent is aborted. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get exceeded(): SilenceError | undefined {
    return this.#exceeded;
  }

  /** The time runs anew. The timer is left alone where it can be: this is called often. */
  restart(limitMs: number): void {
    this.#dueMs = this.#clock.now() + limitMs;
    if (limitMs !== this.#limitMs) {
      this.#limitMs = limitMs;
      this.#cancelTimer();
      this.#cancelTimer = this.#startTimer(limitMs);
    }
  }

  end(): void {
    this.#cancelTimer();
    this.#parent.removeEventListener('abort', this.#onParentAbort);
  }

  #startTimer(ms: number): () => void {
    return this.#clock.after(ms, () => {
      this.#onTimer();
    });
  }

  #onTimer(): void {
    const restMs = this.#dueMs - this.#clock.now();
    if (restMs > 0) {
      this.#cancelTimer = this.#startTimer(restMs);
      return;
    }
    this.#exceeded = new SilenceError(this.#limitMs);
    this.#controller.abort(this.#exceeded);
  }
}
