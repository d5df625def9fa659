import { Agent, get } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What became of the requests of one kind of client. */
export interface LoadCounts {
  readonly answered: number;
  /** Failed on a kept connection that the other side had just closed: every client asks again. */
  readonly retried: number;
  /** Failed otherwise, by the code of the error. */
  readonly lost: Readonly<Record<string, number>>;
  /** How many answers each server gave. */
  readonly byServer: Readonly<Record<string, number>>;
}

/** Clients that ask one after the other without a pause, until they are stopped. */
export class Load {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #running: Promise<unknown>;
  #isStopped = false;
  #answered = 0;
  #retried = 0;
  readonly #lost = new Map<string, number>();
  readonly #byServer = new Map<string, number>();

  private constructor(url: string, clients: number, keepAlive: boolean) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive, timeout: answerMs });
    this.#running = Promise.all(Array.from({ length: clients }, () => this.#ask()));
  }

  /** Every request takes a connection of its own. */
  static onNewConnections(url: string, clients: number): Load {
    return new Load(url, clients, false);
  }

  /** Connections are kept for as long as the servers keep them. */
  static onKeptConnections(url: string, clients: number): Load {
    return new Load(url, clients, true);
  }

  /** Forgets which servers have answered so far. */
  forgetServers(): void {
    this.#byServer.clear();
  }

  get counts(): LoadCounts {
    return {
      answered: this.#answered,
      retried: this.#retried,
      lost: Object.fromEntries(this.#lost),
      byServer: Object.fromEntries(this.#byServer),
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #ask(): Promise<void> {
    while (!this.#isStopped) {
      const outcome = await this.#request();
      switch (outcome.kind) {
        case 'answered':
          this.#answered += 1;
          increment(this.#byServer, outcome.server);
          break;
        case 'kept connection was closed':
          this.#retried += 1;
          break;
        case 'failed':
          increment(this.#lost, outcome.code);
          // A connection that fails at once does so before the next turn of the event loop: those
          // who could mend that in this process would never get theirs.
          await nextTurn();
          break;
      }
    }
  }

  #request(): Promise<Outcome> {
    return new Promise((resolve) => {
      let server = '';
      let hasBegun = false;
      const fail = (error: NodeJS.ErrnoException): void => {
        const code = error.code ?? error.message;
        const mayRetry = request.reusedSocket && !hasBegun && closedByOther.has(code);
        resolve(mayRetry ? { kind: 'kept connection was closed' } : { kind: 'failed', code });
      };
      const request = get(this.#url, { agent: this.#agent }, (response) => {
        hasBegun = true;
        response.setEncoding('latin1');
        response.on('data', (text: string) => (server += text));
        response.on('error', fail);
        response.on('end', () => {
          resolve({ kind: 'answered', server });
        });
      });
      request.setTimeout(answerMs, () => {
        request.destroy(new Error('no answer'));
      });
      request.on('error', fail);
    });
  }
}

type Outcome =
  | { readonly kind: 'answered'; readonly server: string }
  | { readonly kind: 'kept connection was closed' }
  | { readonly kind: 'failed'; readonly code: string };

const answerMs = 5000;
const closedByOther = new Set(['ECONNRESET', 'EPIPE']);

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
