import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cleanup } from '../../src/cli/cleanup.ts';
import type { ExitCode } from '../../src/cli/exit-code.ts';
import type { CleanupOptions, ClusterOptions, ShowOptions } from '../../src/cli/options.ts';
import { plan } from '../../src/cli/plan.ts';
import { run } from '../../src/cli/run.ts';
import { show } from '../../src/cli/show/show.ts';
import { recordedLog, parseLog, type LogLine, type RecordedLog } from './cli-log.ts';
import { programEnvironment, programFile } from './program.ts';
import { until } from './until.ts';

const killer = join(import.meta.dirname, 'cli-killer.ts');

/** The options of a command that a test can do without, since it reads the log itself. */
type Where = Omit<ClusterOptions, 'logLevel' | 'logFormat'>;

const common = { logLevel: 'trace', logFormat: 'json', timeout: 5000 } as const;

/** What a command inside this process has answered. */
export interface CommandResult {
  readonly code: ExitCode;
  readonly log: RecordedLog;
  readonly output: string;
}

/** `run --once`, inside this process. */
export function runOnce(where: Where): Promise<CommandResult> {
  return inProcess((log) => run({ ...common, once: true, ...where }, log));
}

/** `plan -o json`, inside this process. */
export function planJson(where: Where): Promise<CommandResult> {
  return inProcess((log) => plan({ ...common, output: 'json', ...where }, log));
}

/** `show -o json`, inside this process. */
export function showJson(where: Where, options: Partial<ShowOptions> = {}): Promise<CommandResult> {
  const usual = {
    output: 'json',
    problems: false,
    watch: false,
    interval: 2000,
    daemon: true,
  } as const;
  return inProcess((log) => show({ ...common, ...usual, ...where, ...options }, log));
}

/** `cleanup`, inside this process. */
export function cleanUp(options: Partial<CleanupOptions>): Promise<CommandResult> {
  const usual = { kubeProxy: false, packetFilter: false, dryRun: false, force: false };
  return inProcess((log) => cleanup({ ...common, ...usual, ...options }, log));
}

/** A command inside this process, which gets the log that it has to write to. */
export async function inProcess(
  work: (log: RecordedLog['log']) => Promise<ExitCode>,
): Promise<CommandResult> {
  const log = recordedLog();
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  let output = '';
  stdout.write = (chunk: string | Uint8Array) => {
    output += String(chunk);
    return true;
  };
  try {
    return { code: await work(log.log), log, output };
  } finally {
    stdout.write = write;
  }
}

/** How a process of the program has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  /** A program with its arguments that starts ours, `setpriv` for instance. */
  readonly prefix?: readonly string[];
  /** Kills the process with SIGKILL once the kernel has taken so many batches of changes. */
  readonly killAfterBatches?: number;
}

/** The program as a process of its own: for what only a process shows, as it takes seconds to start. */
export class KubeIpvs {
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;
  #stdout = '';
  #stderr = '';
  #hasEnded = false;

  constructor(args: readonly string[], options: ProcessOptions = {}) {
    const { prefix = [], killAfterBatches } = options;
    const isKilled = killAfterBatches !== undefined;
    const preload = isKilled ? ['--import', killer] : [];
    const killing = isKilled ? { KUBE_IPVS_TEST_KILL_AFTER: String(killAfterBatches) } : {};
    const [program = '', ...rest] = [...prefix, process.execPath, ...preload, programFile, ...args];
    this.#process = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...programEnvironment, ...killing },
    });
    this.#process.stdout?.on('data', (data: Buffer) => (this.#stdout += data.toString()));
    this.#process.stderr?.on('data', (data: Buffer) => (this.#stderr += data.toString()));
    this.ended = this.#ending();
  }

  /** The log so far; a line that is being written does not count. */
  get log(): readonly LogLine[] {
    return parseLog(this.#stderr.slice(0, this.#stderr.lastIndexOf('\n') + 1));
  }

  /** Waits for a line of the log. Fails where the process ends before, or after half a minute. */
  async logged(msg: string): Promise<void> {
    const isLogged = () => this.log.some((line) => line.msg === msg);
    await until(`"${msg}" is logged`, () => isLogged() || this.#hasEnded, 30_000);
    if (!isLogged()) {
      throw new Error(`the process ended without logging "${msg}":\n${this.#stderr}`);
    }
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ending> {
    this.#process.kill(signal);
    return this.ended;
  }

  async #ending(): Promise<Ending> {
    // The event carries the exit code and the signal.
    const [code, signal] = (await once(this.#process, 'close')) as [
      number | null,
      NodeJS.Signals | null,
    ];
    this.#hasEnded = true;
    return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
  }
}
