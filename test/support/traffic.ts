import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { HostName } from './network.ts';
import { patience } from './patience.ts';

export type TrafficProtocol = 'TCP' | 'UDP' | 'SCTP';

/** What became of a message; `ms` has a resolution of 10 ms. */
export type Outcome =
  | {
      readonly kind: 'answered';
      readonly ms: number;
      /** Who answered. */
      readonly by: string;
      /** The source address that the server saw. */
      readonly seen: string;
    }
  | { readonly kind: 'refused' | 'reset' | 'unreachable' | 'silent'; readonly ms: number }
  /** The socket could not be used; EPERM where the own node drops the packet. */
  | { readonly kind: 'failed'; readonly ms: number; readonly reason: string };

export interface Question {
  readonly protocol: TrafficProtocol;
  readonly address: string;
  readonly port: number;
  /** 0 for any. */
  readonly sourcePort?: number;
  readonly timeoutMs?: number;
}

/** A process that listens on an address, under its own name unless it says otherwise. */
export interface Listener {
  readonly protocol: TrafficProtocol;
  readonly address: string;
  readonly port: number;
  readonly name?: string;
}

const defaultTimeoutMs = 2000 * patience;

/** Sends and answers test traffic in one network namespace (`traffic-agent.pl`). */
export class TrafficAgent {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (words: readonly string[]) => void>();
  #orders = 0;

  private constructor(process: ChildProcessByStdio<Writable, Readable, null>) {
    this.#process = process;
  }

  static async start(host: HostName, listeners: readonly Listener[]): Promise<TrafficAgent> {
    const script = join(import.meta.dirname, 'traffic-agent.pl');
    const args = [
      'netns',
      'exec',
      host,
      '/usr/bin/perl',
      script,
      host,
      ...listeners.map(listenerText),
    ];
    const agent = new TrafficAgent(spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await agent.#isReady(host);
    return agent;
  }

  /** One message over a new connection or flow. */
  async ask(question: Question): Promise<Outcome> {
    return outcomeOf(await this.#order(questionText('ask', question)));
  }

  /** The same over one that stays open; undefined where it was not answered. */
  async open(question: Question): Promise<{ readonly outcome: Outcome; readonly flow: Flow }> {
    const id = this.#orders + 1;
    const outcome = outcomeOf(await this.#order(questionText('open', question)));
    return {
      outcome,
      flow: {
        again: async (timeoutMs = defaultTimeoutMs) =>
          outcomeOf(await this.#order(`again ${id} ${timeoutMs}`)),
        close: async () => {
          await this.#order(`close ${id}`);
        },
      },
    };
  }

  /** An ICMP echo. */
  async ping(address: string, timeoutMs = defaultTimeoutMs): Promise<Outcome> {
    return outcomeOf(await this.#order(`ping ${address} ${timeoutMs}`));
  }

  async listen(listener: Listener): Promise<void> {
    await this.#order(`listen ${listenerText(listener)}`);
  }

  /** Holds it up for as long as something takes: what came meanwhile is answered afterwards. */
  async pausedDuring(run: () => Promise<void>): Promise<void> {
    this.#process.kill('SIGSTOP');
    try {
      await run();
    } finally {
      this.#process.kill('SIGCONT');
    }
  }

  /** Nothing where it has ended. */
  async stop(): Promise<void> {
    if (this.#process.signalCode !== null) {
      return;
    }
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  async #isReady(host: HostName): Promise<void> {
    const lines = createInterface({ input: this.#process.stdout });
    await new Promise<void>((resolve, reject) => {
      this.#process.once('exit', () => {
        reject(new Error(`the traffic agent of ${host} ended`));
      });
      lines.on('line', (line) => {
        if (line === 'ready') {
          resolve();
          return;
        }
        const [id, ...words] = line.split(' ');
        const tell = this.#waiting.get(Number(id));
        this.#waiting.delete(Number(id));
        tell?.(words);
      });
    });
  }

  #order(text: string): Promise<readonly string[]> {
    this.#orders += 1;
    const id = this.#orders;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.stdin.write(`${id} ${text}\n`);
    });
  }
}

/** A connection, or a UDP socket, that was opened and is kept. */
export interface Flow {
  again(timeoutMs?: number): Promise<Outcome>;
  close(): Promise<void>;
}

/** As it stands in a table: `pod-a2 saw 10.244.1.1`, `refused`. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `${outcome.by} saw ${outcome.seen}`;
    case 'failed':
      return outcome.reason;
    default:
      return outcome.kind;
  }
}

function listenerText({ protocol, address, port, name }: Listener): string {
  return [protocol.toLowerCase(), address, port, ...(name === undefined ? [] : [name])].join(',');
}

function questionText(order: 'ask' | 'open', question: Question): string {
  const { protocol, address, port, sourcePort = 0, timeoutMs = defaultTimeoutMs } = question;
  return `${order} ${protocol.toLowerCase()} ${address} ${port} ${sourcePort} ${timeoutMs}`;
}

function outcomeOf([kind = '', ms = '', ...rest]: readonly string[]): Outcome {
  switch (kind) {
    case 'answered': {
      const [by = '', seen = ''] = rest;
      return { kind, ms: Number(ms), by, seen };
    }
    case 'refused':
    case 'reset':
    case 'unreachable':
    case 'silent':
      return { kind, ms: Number(ms) };
    case 'failed':
      return { kind, ms: Number(ms), reason: rest.join(' ') };
    default:
      throw new Error(`the traffic agent says: ${[kind, ms, ...rest].join(' ')}`);
  }
}
