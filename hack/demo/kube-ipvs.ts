import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { startArguments } from '../build/node-options.ts';
import { output } from './network.ts';
import { nodeName } from './topology.ts';

const program = startArguments(resolve('dist/kube-ipvs.js'));

/** Runs the built program to its end; its standard output. */
export function kubeIpvsOutput(args: readonly string[]): Promise<string> {
  return output(process.execPath, [...program, ...args]);
}

/** The built program at work: `kube-ipvs run`. */
export class KubeIpvs {
  readonly #process: ChildProcessByStdio<null, null, Readable>;
  readonly #log: string[] = [];

  /** Starts it with the manifests of a folder in place of an API server. */
  constructor(folder: string) {
    this.#process = spawn(
      process.execPath,
      [...program, 'run', '--manifests', folder, '--node-name', nodeName, '--log-format', 'json'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    createInterface({ input: this.#process.stderr }).on('line', (line) => {
      this.#log.push(messageOf(line));
    });
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The messages of its log, from the first on. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Ends it with SIGTERM; the exit code, or the signal that ended it instead. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    if (this.isRunning) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
    return this.#process.exitCode ?? this.#process.signalCode;
  }
}

function messageOf(line: string): string {
  try {
    const entry: unknown = JSON.parse(line);
    const isMessage = typeof entry === 'object' && entry !== null && 'msg' in entry;
    return isMessage ? String(entry.msg) : line;
  } catch {
    return line;
  }
}
