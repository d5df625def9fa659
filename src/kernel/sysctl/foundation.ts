import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImpossibleError, passingErrnos, type Foundation } from '../../reconcile/foundation.ts';
import { mustBeSet, type Sysctl } from './settings.ts';

const kernelFolder = '/proc/sys';

/** Kernel settings: set where they differ, each change told. */
export class SysctlFoundation implements Foundation {
  readonly name = 'sysctls';
  #sysctls: readonly Sysctl[];
  readonly #changed: (sysctl: Sysctl, before: string) => void;
  readonly #folder: string;

  constructor(
    sysctls: readonly Sysctl[],
    changed: (sysctl: Sysctl, before: string) => void,
    folder = kernelFolder,
  ) {
    this.#sysctls = sysctls;
    this.#changed = changed;
    this.#folder = folder;
  }

  set(sysctls: readonly Sysctl[]): void {
    this.#sysctls = sysctls;
  }

  /** Rejects with all that could not be set; the others are. */
  async ensure(): Promise<void> {
    const problems: string[] = [];
    let mayPass = false;
    for (const sysctl of this.#sysctls) {
      const file = join(this.#folder, sysctl.path);
      try {
        const before = (await readFile(file, 'latin1')).trim();
        if (mustBeSet(sysctl, before)) {
          await writeFile(file, sysctl.value);
          this.#changed(sysctl, before);
        }
      } catch (error) {
        const reason =
          error instanceof Error && 'code' in error ? String(error.code) : String(error);
        mayPass ||= passingErrnos.has(reason);
        problems.push(`${sysctl.path} cannot be set to ${sysctl.value} (${reason}): ${sysctl.why}`);
      }
    }
    if (problems.length > 0) {
      const message = problems.join('; ');
      throw mayPass ? new Error(message) : new ImpossibleError(message, 'right');
    }
  }
}
