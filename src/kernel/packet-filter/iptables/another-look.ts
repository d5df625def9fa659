import { readFile } from 'node:fs/promises';
import { monotonicMs } from '../../../base/time/monotonic-clock.ts';

/** Whether modules are built in or will be loaded on demand cannot be told: then, after this long. */
const longestMs = 600_000;

/** The names of the loaded modules; empty where the kernel has none. */
async function loadedModules(): Promise<string> {
  try {
    const text = await readFile('/proc/modules', 'latin1');
    return text
      .split('\n')
      .map((line) => line.split(' ')[0])
      .toSorted()
      .join(' ');
  } catch {
    return '';
  }
}

/**
 * Whether it is worth asking again for what the kernel lacked: each question costs processes, and the
 * answer stays the same until a module is loaded. Looks at one file for that.
 */
export class AnotherLook {
  readonly #modules: () => Promise<string>;
  readonly #now: () => number;
  #modulesThen: string | undefined;
  #atMs = 0;

  /** `now` in milliseconds. */
  constructor(modules = loadedModules, now: () => number = monotonicMs) {
    this.#modules = modules;
    this.#now = now;
  }

  /** The kernel was asked just now, and lacked something. */
  async asked(): Promise<void> {
    this.#modulesThen = await this.#modules();
    this.#atMs = this.#now();
  }

  /** True where nobody has asked, where modules came or went since, or after ten minutes. */
  async isDue(): Promise<boolean> {
    return (
      this.#modulesThen === undefined ||
      this.#now() - this.#atMs >= longestMs ||
      this.#modulesThen !== (await this.#modules())
    );
  }
}
