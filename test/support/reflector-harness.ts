import { formatProblem } from '../../src/base/problem.ts';
import { CountingObserver } from './counting-observer.ts';
import { HttpTransport } from '../../src/source/api-server/http-transport.ts';
import type { Clock } from '../../src/source/api-server/clock.ts';
import { Reflector } from '../../src/source/api-server/reflector.ts';
import { services } from '../../src/source/api-server/resource.ts';
import { TestApiServer } from './api-server.ts';
import { plainKubeConfig } from './kube-config.ts';
import { until } from './until.ts';

/** Where the reflector of the harness asks for its objects. */
export const path = '/api/v1/services';

/** An object with nothing but a name and a version. */
export function named(name: string, resourceVersion: string): unknown {
  return { metadata: { name, resourceVersion } };
}

/** A reflector of Services, with a server, a target that keeps a log, and a clock of its own. */
export class ReflectorHarness {
  readonly server = new TestApiServer();
  /** `= a b` for a list, `+ a` for an object that is set, `- a` for one that is removed. */
  readonly log: string[] = [];
  readonly sleeps: number[] = [];
  readonly complaints: string[] = [];
  readonly observer = new CountingObserver();
  /** How long each watch takes, by the clock of the harness. */
  watchMs = 2000;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #transport: HttpTransport | undefined;
  #timeMs = 0;

  async open(): Promise<void> {
    await this.server.start();
    this.#transport = new HttpTransport(await plainKubeConfig(this.server.url));
  }

  start(): Reflector<string> {
    if (this.#transport === undefined) {
      throw new Error('the harness is not open');
    }
    const reflector = new Reflector({
      resource: services,
      transport: this.#transport,
      target: {
        reduce: (raw) => (nameOf(raw) === 'ignored' ? undefined : nameOf(raw)),
        replace: (names) => this.log.push(`= ${names.join(' ')}`),
        set: (name) => this.log.push(`+ ${name}`),
        remove: (raw) => this.log.push(`- ${nameOf(raw)}`),
      },
      clock: this.#clock(),
      onProblem: (problem) => this.complaints.push(formatProblem(problem)),
      observer: this.observer,
    });
    this.#running = reflector.run(this.#stop.signal);
    return reflector;
  }

  /** Ends the reflector. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async close(): Promise<void> {
    await this.stop();
    this.#transport?.close();
    await this.server.stop();
  }

  /** Waits for this many watches to have been asked for. */
  async watches(count: number): Promise<void> {
    const served = (): number => this.server.served('watch', path).length;
    await until(`there are ${count} watches`, () => served() >= count);
  }

  async logged(entry: string): Promise<void> {
    await until(`"${entry}" is logged`, () => this.log.includes(entry));
  }

  #clock(): Clock {
    return {
      now: () => (this.#timeMs += this.watchMs),
      random: () => 0,
      // Nothing here takes too long.
      after: () => () => undefined,
      sleep: async (ms) => {
        this.sleeps.push(ms);
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
  }
}

function nameOf(raw: unknown): string {
  // The objects of the tests all have metadata with a name.
  return (raw as { metadata: { name: string } }).metadata.name;
}
