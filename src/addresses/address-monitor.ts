import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startTimer } from '../time/timers.ts';

export interface MonitorListener {
  /** One line of `ip -o monitor`: a link or an address came, changed or went. */
  notice(line: string): void;
  /** The monitor could not be started or has ended; it is started again. */
  failed(error: Error): void;
}

/** How soon a monitor that ended is started again, in milliseconds. */
const defaultRestartMs = 5000;

/**
 * The kernel's notifications of links and addresses, by way of `ip monitor` (iproute2), one
 * process for as long as this program runs. A multicast socket of our own would end the
 * program: the native binding of the netlink package aborts when the kernel's notices run over
 * the receive buffer (libuv answers POLLERR with an error that the binding cannot raise),
 * and some thousand VIPs that are bound, or a link with them that is deleted, are enough.
 */
export class AddressMonitor {
  readonly #listener: MonitorListener;
  readonly #program: string;
  readonly #restartMs: number;
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(listener: MonitorListener, program = 'ip', restartMs = defaultRestartMs) {
    this.#listener = listener;
    this.#program = program;
    this.#restartMs = restartMs;
  }

  start(): void {
    const child = spawn(this.#program, ['-o', 'monitor', 'link', 'address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
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
    this.#listener.failed(
      new Error(
        `"${this.#program} monitor" (iproute2) ${how}; until it runs, changes of the node's addresses are seen in the audit only`,
      ),
    );
    this.#restart = startTimer(() => {
      this.#restart = undefined;
      this.start();
    }, this.#restartMs);
  }
}
