import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { startArguments } from '../../build/node-options.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import {
  clusterObjects,
  endpointSliceObject,
  listOf,
  moreEndpointAddress,
  type ClusterSize,
  type KubernetesObject,
} from '../synthetic-cluster.ts';
import { configuration } from './configuration.ts';

const auditSeconds = 1;
const audits = 2;
const syncedMs = 60_000;

/**
 * Processes that the running program starts while endpoints change and audits find nothing. This
 * probe and the program are alone in a PID namespace, whose counter of numbers given out goes up
 * by one with each process and each thread, however short its life; those of the kernel itself
 * count elsewhere. To prove the count, a chain is emptied by hand at the end, which the audit
 * repairs with two processes.
 */
export async function processes({ program, ...input }: ProbeInput): Promise<Reading> {
  const folder = new ManifestFile(input);
  const running = new RunningProgram(program, folder.path);
  try {
    await running.synced(1);
    // Threads for files and the like are there after the first change and the first audits.
    folder.put(1);
    await running.synced(2);
    await sleep((audits + 0.5) * auditSeconds * 1000);

    const before = numbersGiven();
    for (let change = 0; change < input.changes; change += 1) {
      folder.put(2 + change);
      await running.synced(3 + change);
    }
    await sleep((audits + 0.5) * auditSeconds * 1000);
    const steady = numbersGiven() - before;

    const beforeDrift = numbersGiven();
    spawnSync('iptables-legacy', ['-F', 'KIPVS-INPUT'], { stdio: 'inherit' });
    await sleep((audits + 0.5) * auditSeconds * 1000);
    const repair = numbersGiven() - beforeDrift - 1;
    return { steady, repair };
  } finally {
    await running.stop();
  }
}

/** `0.00 0.01 0.05 1/41 1234`: the last field is the number that was given out last. */
function numbersGiven(): number {
  return Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1));
}

/** A folder with the cluster, one endpoint of which moves about. */
class ManifestFile {
  readonly path = mkdtempSync(join(tmpdir(), 'kube-ipvs-bench-manifests.'));
  readonly #size: ClusterSize;

  constructor(size: ClusterSize) {
    this.#size = size;
    this.put(0);
  }

  put(number: number): void {
    const slice = endpointSliceObject(0, this.#size.endpoints, [moreEndpointAddress(number)]);
    const others = clusterObjects(this.#size).filter((object) => !isSameObject(object, slice));
    const hidden = join(this.path, '.cluster.json');
    writeFileSync(hidden, JSON.stringify(listOf([...others, slice])));
    renameSync(hidden, join(this.path, 'cluster.json'));
  }
}

function isSameObject(a: KubernetesObject, b: KubernetesObject): boolean {
  return a['kind'] === b['kind'] && isDeepStrictEqual(a['metadata'], b['metadata']);
}

class RunningProgram {
  readonly #process: ChildProcessByStdio<null, null, Readable>;
  #synced = 0;
  #log = '';

  constructor(program: string, manifests: string) {
    const config = join(manifests, '..', 'kube-ipvs-bench-config.json');
    const ipvs = { syncPeriod: `${auditSeconds}s` };
    writeFileSync(config, JSON.stringify({ ...configuration, ipvs }));
    const options = [
      '--manifests',
      manifests,
      '--config',
      config,
      '--log-format',
      'json',
      '--log-level',
      'debug',
    ];
    this.#process = spawn(process.execPath, [...startArguments(program), 'run', ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    createInterface({ input: this.#process.stderr }).on('line', (line) => {
      this.#log += `${line}\n`;
      this.#synced += line.includes('"kernel synced"') ? 1 : 0;
    });
  }

  /** Waits until the kernel was synced so often, with something to do each time. */
  async synced(times: number): Promise<void> {
    const startedAt = performance.now();
    while (this.#synced < times) {
      if (this.#process.exitCode !== null || performance.now() - startedAt > syncedMs) {
        throw new Error(`the program has not synced the kernel ${times} times:\n${this.#log}`);
      }
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
  }
}
