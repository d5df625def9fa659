import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { untilIdle } from './until-idle.ts';

const largestOutput = 1 << 28;

/**
 * A network namespace with an IPVS table of its own, empty at first. Filling a table a second
 * time after a flush would be slow: the kernel keeps deleted real servers for a while and looks
 * through them for each new one.
 */
export class NetworkNamespace {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static async create(name: string): Promise<NetworkNamespace> {
    await run('ip', ['netns', 'add', name]);
    const namespace = new NetworkNamespace(name);
    // Until a link is up the kernel takes no address for unicast, and refuses real servers.
    await namespace.run('ip', ['link', 'set', 'lo', 'up']);
    return namespace;
  }

  /** What a program writes that runs inside. Rejects where it fails. */
  run(program: string, args: readonly string[]): Promise<string> {
    return run('ip', ['netns', 'exec', this.#name, program, ...args]);
  }

  /**
   * The kernel takes the table apart after the deletion was acknowledged, at the cost of whatever
   * comes next: that is waited for.
   */
  async delete(): Promise<void> {
    await run('ip', ['netns', 'delete', this.#name]);
    await untilIdle();
  }
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: largestOutput });
  return stdout;
}
