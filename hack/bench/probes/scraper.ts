import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Reads the metrics again and again, and writes how long each time took and how many bytes it brought. */
const program = `
  const http = require('node:http');
  const scrape = () => {
    const startedAt = performance.now();
    http.get(process.argv[1], (response) => {
      let bytes = 0;
      response.on('data', (part) => (bytes += part.length));
      response.on('close', () => {
        if (!response.complete) {
          throw new Error('a scrape broke off');
        }
        console.log(performance.now() - startedAt, bytes);
        setTimeout(scrape, 200);
      });
    });
  };
  scrape();
`;

/** Another process that scrapes one time after the other, until the end. */
export class Scraper {
  /** Milliseconds that each took, as the other process sees it. */
  readonly durations: number[] = [];
  /** Of the last one. */
  bytes = 0;
  readonly #process: ChildProcessByStdio<null, Readable, null>;

  constructor(port: number) {
    const url = `http://127.0.0.1:${port}/metrics`;
    this.#process = spawn(process.execPath, ['-e', program, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const [ms = 0, bytes = 0] = line.split(' ').map(Number);
      this.durations.push(ms);
      this.bytes = bytes;
    });
  }

  /** How many are over. Throws where one has failed. */
  get done(): number {
    if (this.#process.exitCode !== null) {
      throw new Error('a scrape failed');
    }
    return this.durations.length;
  }

  async end(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill();
    await exited;
  }
}
