import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startTimer } from '../base/time/timers.ts';

export interface MonitorListener {
  /** One line that the program prints: something came, changed or went. */
  notice(line: string): void;
  /** The monitor could not be started or has ended; it is started again. */
  failed(error: Error): void;
}

/** A program that prints a line for each notification of the kernel. */
export interface MonitorProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** As an operator knows it. */
  readonly name: string;
  /** What is the case until it runs. */
  readonly without: string;
}

/** How soon a monitor that ended is started again, in milliseconds. */
const defaultRestartMs = 5000;

/**
 * The kernel's notifications by way of a program, one process for as long as this program runs. A
 * multicast socket of our own would end the program: the native binding of the netlink package aborts
 * when the kernel's notices run over the receive buffer (libuv answers POLLERR with an error that the
 * binding cannot raise), and a burst of some thousand notices is enough.
 */
export class LineMonitor {
  readonly #listener: MonitorListener;
  readonly #program: MonitorProgram;
  readonly #restartMs: number;
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(listener: MonitorListener, program: MonitorProgram, restartMs = defaultRestartMs) {
    this.#listener = listener;
    this.#program = program;
    this.#restartMs = restartMs;
  }

  start(): void {
    const { command, args } = this.#program;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#process = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#listener.notice(line);
    });
    child.once('error', (error) => {
      this.#ended(`cannot be started: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      this.#ended(`has ended with ${signal ?? `status ${String(code)}`}`);
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#restart);
    this.#process?.kill();
    this.#process = undefined;
  }

  #ended(how: string): void {
    if (this.#stopped || this.#restart !== undefined) {
      return;
    }
    const { name, without } = this.#program;
    this.#listener.failed(new Error(`${name} ${how}; until it runs, ${without}`));
    this.#restart = startTimer(() => {
      this.#restart = undefined;
      this.start();
    }, this.#restartMs);
  }
}
