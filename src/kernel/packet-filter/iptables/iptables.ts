import { execFile } from 'node:child_process';
import type { IpFamily } from '../../../net/ip-address.ts';

/** The two implementations of iptables; their rules do not see each other. */
export const iptablesVariants = ['legacy', 'nft'] as const;
export type IptablesVariant = (typeof iptablesVariants)[number];

/** How long a call may take, the wait for another's lock included, in milliseconds. */
const timeoutMs = 20_000;
const lockSeconds = '10';

/** Rules of others can be many. */
const mostOutputBytes = 256 << 20;

export type IptablesFailure =
  /** The program is not there. */
  | 'missing'
  /** The lock is held, memory is short, or the program did not come to an end: later it may work. */
  | 'busy'
  /** It does not take what it was given. */
  | 'refused';

/** iptables could not be run, or refused what it was given. */
export class IptablesError extends Error {
  override readonly name = 'IptablesError';
  readonly failure: IptablesFailure;

  constructor(message: string, failure: IptablesFailure) {
    super(message);
    this.failure = failure;
  }
}

/** Runs a program with some input; answers what it prints. Rejects with IptablesError. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  input: string,
) => Promise<string>;

/** One variant of iptables for one family, by its own programs; nothing goes through a shell. */
export class Iptables {
  readonly family: IpFamily;
  readonly variant: IptablesVariant;
  readonly #run: RunProgram;

  constructor(family: IpFamily, variant: IptablesVariant, run: RunProgram = runProgram) {
    this.family = family;
    this.variant = variant;
    this.#run = run;
  }

  /** `ip6tables-legacy`. */
  get program(): string {
    return `${this.family === 'IPv4' ? 'iptables' : 'ip6tables'}-${this.variant}`;
  }

  /** All rules of all tables in use. Throws IptablesError. */
  save(): Promise<string> {
    return this.#run(`${this.program}-save`, [], '');
  }

  /** Changes the tables that the text names, each in one transaction. Throws IptablesError. */
  async restore(text: string): Promise<void> {
    await this.#run(`${this.program}-restore`, ['--noflush', '-w', lockSeconds], text);
  }
}

/** The program could not be started, for a reason that passes: ETXTBSY while it is being installed. */
const passingStartErrors = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ETXTBSY']);

/**
 * What both variants print for a reason that passes: the lock, and strerror of EAGAIN, ENOMEM, ENOBUFS,
 * EINTR, EBUSY. Their exit status does not tell: nft ends with 4 for a refusal, too.
 */
const passingReason =
  /xtables lock|Resource temporarily unavailable|Cannot allocate memory|No buffer space available|Interrupted system call|Device or resource busy/;

/** Starts a program of the node's. */
export function runProgram(
  program: string,
  args: readonly string[],
  input: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: mostOutputBytes };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      if (error.code === 'ENOENT') {
        reject(new IptablesError(`the program ${program} is missing`, 'missing'));
        return;
      }
      const reason = stderr.trim() === '' ? error.message : stderr.trim();
      const isBusy =
        error.killed === true ||
        // By somebody else: the kernel, when memory ran out.
        typeof error.signal === 'string' ||
        passingStartErrors.has(String(error.code)) ||
        passingReason.test(reason);
      reject(new IptablesError(`${program}: ${reason}`, isBusy ? 'busy' : 'refused'));
    });
    // A program that is not there, or that gives up early, closes its end: told above.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
