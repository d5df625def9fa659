import { execFile } from 'node:child_process';
import type { IpFamily } from '../net/ip-address.ts';

/** The two implementations of iptables; their rules do not see each other. */
export const iptablesVariants = ['legacy', 'nft'] as const;
export type IptablesVariant = (typeof iptablesVariants)[number];

/** How long a call may take, the wait for another's lock included, in milliseconds. */
const timeoutMs = 20_000;
const lockSeconds = '10';

/** Rules of others can be many. */
const mostOutputBytes = 256 << 20;

/** iptables could not be run, or refused what it was given. */
export class IptablesError extends Error {
  override readonly name = 'IptablesError';
  /** The program is not there. */
  readonly isMissing: boolean;

  constructor(message: string, isMissing: boolean) {
    super(message);
    this.isMissing = isMissing;
  }
}

/** One variant of iptables for one family, by its own programs; nothing goes through a shell. */
export class Iptables {
  readonly family: IpFamily;
  readonly variant: IptablesVariant;

  constructor(family: IpFamily, variant: IptablesVariant) {
    this.family = family;
    this.variant = variant;
  }

  /** `ip6tables-legacy`. */
  get program(): string {
    return `${this.family === 'IPv4' ? 'iptables' : 'ip6tables'}-${this.variant}`;
  }

  /** All rules of all tables in use. Raises IptablesError. */
  save(): Promise<string> {
    return run(`${this.program}-save`, [], '');
  }

  /** Changes the tables that the text names, each in one transaction. Raises IptablesError. */
  async restore(text: string): Promise<void> {
    await run(`${this.program}-restore`, ['--noflush', '-w', lockSeconds], text);
  }
}

function run(program: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: mostOutputBytes };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const isMissing = error.code === 'ENOENT';
      const reason = stderr.trim() === '' ? error.message : stderr.trim();
      reject(
        new IptablesError(
          isMissing ? `the program ${program} is missing` : `${program}: ${reason}`,
          isMissing,
        ),
      );
    });
    // A program that is not there, or that gives up early, closes its end: told above.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
