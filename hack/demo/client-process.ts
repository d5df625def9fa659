import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Order } from './client-protocol.ts';
import { startInPod } from './pod-process.ts';
import { clientPod } from './topology.ts';

/** The clients, seen from the walk. */
export class Clients {
  readonly #process: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error('the process of the clients has ended');
    });
    // It does end at last; who waits for answers at that time is told.
    this.#ended.catch(() => undefined);
  }

  static async start(): Promise<Clients> {
    return new Clients(await startInPod(clientPod, 'client', []));
  }

  async do(order: Order): Promise<readonly Answer[]> {
    this.#process.send(order);
    const message = await Promise.race([once(this.#process, 'message'), this.#ended]);
    // The other end is client.ts, which sends one list of answers per order: hence the cast.
    const [answers] = message as [readonly Answer[]];
    return answers;
  }

  stop(): void {
    this.#process.kill();
  }
}
