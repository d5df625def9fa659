import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeOptions } from '../build/node-options.ts';
import { writeInputFiles } from './input-files.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { benchProgram, dist } from './places.ts';
import { firstSyncProbes, type ProbeInput, type ProbeName } from './probe-names.ts';
import { parseReading, type Reading } from './reading.ts';
import type { ClusterSize } from './synthetic-cluster.ts';
import { verifyTable } from './verify-table.ts';

/** These start from files. */
const fromFiles: readonly ProbeName[] = [...firstSyncProbes, 'program twice'];

/** Where a process and what it starts are alone. */
const inPidNamespace = ['unshare', '--pid', '--fork', '--mount-proc'] as const;

/** Runs probes; their files lie below a folder, which is memory in the test kernel. */
export class ProbeRunner {
  readonly #folder: string;
  readonly #verified = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
    // A copy, since the checkout may be built anew meanwhile.
    cpSync(dist, join(folder, 'dist'), { recursive: true });
  }

  /** One run in a network namespace of its own. Rejects where the kernel is not as it has to be. */
  async run(
    name: ProbeName,
    size: Omit<ProbeInput, 'folder' | 'program'>,
    moreNodeOptions: readonly string[] = [],
  ): Promise<Reading> {
    const folder = fromFiles.includes(name) ? this.#prepareInput(size) : this.#folder;
    const program = join(this.#folder, 'dist', 'kube-ipvs.js');
    const input: ProbeInput = { ...size, folder, program };
    const namespace = await NetworkNamespace.create(`bench-${name.replaceAll(' ', '-')}`);
    try {
      const probes = join(this.#folder, 'dist', 'bench.js');
      const [command = '', ...args] = [
        ...(name === 'processes' ? inPidNamespace : []),
        // A probe runs as the program does.
        ...[process.execPath, ...nodeOptions, ...moreNodeOptions],
        ...[probes, name, JSON.stringify(input)],
      ];
      const output = await namespace.run(command, args);
      await this.#verify(namespace, name, size);
      return parseReading(output);
    } finally {
      await namespace.delete();
    }
  }

  /** Runs a program of hack/bench in a network namespace of its own; what it prints. */
  async runFile(name: string, args: readonly string[]): Promise<string> {
    const namespace = await NetworkNamespace.create('bench-file');
    try {
      return await namespace.run(process.execPath, [benchProgram(name), ...args]);
    } finally {
      await namespace.delete();
    }
  }

  /** Once is enough for each probe and size: that the kernel took all of it, each run looks at. */
  async #verify(namespace: NetworkNamespace, name: ProbeName, size: ClusterSize): Promise<void> {
    const key = `${name} ${size.services} ${size.endpoints}`;
    if (!this.#verified.has(key)) {
      await verifyTable(namespace, name, size);
      this.#verified.add(key);
    }
  }

  #prepareInput(size: ClusterSize): string {
    const folder = join(this.#folder, `${size.services}x${size.endpoints}`);
    if (!existsSync(folder)) {
      writeInputFiles(folder, size);
    }
    return folder;
  }
}
