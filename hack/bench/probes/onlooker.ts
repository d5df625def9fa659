import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What somebody who looks asks for, all at once, and how often. */
export interface Look {
  readonly paths: readonly string[];
  /** From one look to the next, in milliseconds; the next one begins 200 after the last at the soonest. */
  readonly everyMs: number;
}

/** Looks again and again, and writes how long each time took and how many bytes it brought. */
const program = `
  const http = require('node:http');
  const { origin, paths, everyMs } = JSON.parse(process.argv[1]);
  const get = (path) =>
    new Promise((resolve) => {
      http.get(origin + path, (response) => {
        let bytes = 0;
        response.on('data', (part) => (bytes += part.length));
        response.on('close', () => {
          if (!response.complete || response.statusCode !== 200) {
            throw new Error(path + ' broke off, or was answered ' + response.statusCode);
          }
          resolve(bytes);
        });
      });
    });
  const look = async () => {
    const startedAt = performance.now();
    const bytes = await Promise.all(paths.map(get));
    const ms = performance.now() - startedAt;
    console.log(ms, bytes.reduce((sum, each) => sum + each, 0));
    setTimeout(look, Math.max(200, everyMs - ms));
  };
  look();
`;

/** Who looks is elsewhere, or has another processor: here it gets of the only one what the daemon leaves. */
export function makeWay({ pid }: Pick<ChildProcess, 'pid'>): void {
  if (pid !== undefined) {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  }
}

/** Another process that asks the daemon one time after the other, until the end. */
export class Onlooker {
  /** Milliseconds that each look took, as the other process sees it. */
  readonly durations: number[] = [];
  /** Of the last one. */
  bytes = 0;
  readonly #process: ChildProcessByStdio<null, Readable, null>;

  constructor(port: number, look: Look) {
    const told = JSON.stringify({ ...look, origin: `http://127.0.0.1:${port}` });
    this.#process = spawn(process.execPath, ['-e', program, told], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    makeWay(this.#process);
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const [ms = 0, bytes = 0] = line.split(' ').map(Number);
      this.durations.push(ms);
      this.bytes = bytes;
    });
  }

  /** How many looks are over. Throws where one has failed. */
  get done(): number {
    if (this.#process.exitCode !== null) {
      throw new Error('somebody who looks at the daemon got no answer');
    }
    return this.durations.length;
  }

  /** Resolves once so many looks are over. Rejects where one has failed. */
  async until(count: number): Promise<void> {
    while (this.done < count) {
      await sleep(10);
    }
  }

  async end(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill();
    await exited;
  }
}
