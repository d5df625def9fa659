import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startArguments } from '../build/node-options.ts';
import { temporaryFolder, writeKubeConfig } from './kube-config-file.ts';
import { benchProgram, dist } from './places.ts';
import { nodeName, type ClusterSize } from './synthetic-cluster.ts';

/**
 * How much memory `kube-ipvs run` (dist/kube-ipvs.js) has resident once it has got a cluster from
 * an API server into the kernel, which has to have IPVS and nothing of kube-ipvs yet. The API server is a process of its own,
 * so is each figure beside it: `node -e 0` and `kube-ipvs --version` at their ends.
 *
 *     node hack/bench/memory.ts [--services N] [--endpoints M]
 *
 * prints one line of JSON: a MemoryReport.
 */
export interface MemoryReport extends ClusterSize {
  /** VmRSS when the log says `kernel synced`, in megabytes of 1,000,000 bytes, as all of these. */
  readonly syncedMb: number;
  /** VmRSS some seconds later, with nothing to do in between. */
  readonly settledMb: number;
  /** VmHWM: the most that was resident at any time. */
  readonly mostMb: number;
}

const program = join(dist, 'kube-ipvs.js');
const settleMs = 5000;
const limitMs = 180_000;

type Reader = ChildProcessByStdio<null, Readable | null, Readable | null>;

/** Rejects where the kernel has no IPVS, or the program ends or is not done in three minutes. */
export async function measureMemory(size: ClusterSize): Promise<MemoryReport> {
  if (!existsSync('/proc/net/ip_vs')) {
    throw new Error('this kernel has no IPVS');
  }
  const folder = temporaryFolder();
  const api = start(
    [benchProgram('serve-cluster'), String(size.services), String(size.endpoints)],
    'stdout',
  );
  let run: Reader | undefined;
  try {
    const kubeconfig = writeKubeConfig(folder, await lineWith(api, 'stdout', 'http://'));
    const args = ['--kubeconfig', kubeconfig, '--node-name', nodeName, '--log-format', 'json'];
    run = start([...startArguments(program), 'run', ...args], 'stderr');
    await lineWith(run, 'stderr', 'kernel synced');
    const synced = memoryOf(run);
    await delay(settleMs);
    const settled = memoryOf(run);
    return { ...size, syncedMb: synced.rss, settledMb: settled.rss, mostMb: settled.most };
  } finally {
    await end(run);
    await end(api);
    // A table that is there already costs a start more memory.
    spawnSync(process.execPath, [program, 'cleanup'], { stdio: 'ignore' });
    rmSync(folder, { recursive: true });
  }
}

async function end(child: Reader | undefined): Promise<void> {
  if (child?.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

function start(args: readonly string[], heard: 'stdout' | 'stderr'): Reader {
  return spawn(process.execPath, args, {
    stdio: [
      'ignore',
      heard === 'stdout' ? 'pipe' : 'ignore',
      heard === 'stderr' ? 'pipe' : 'inherit',
    ],
  }) as Reader; // by the lines above
}

/** The first line of the output that holds the text; what comes after it is read and dropped. */
async function lineWith(child: Reader, stream: 'stdout' | 'stderr', text: string): Promise<string> {
  const output = child[stream];
  if (output === null) {
    throw new Error(`${stream} is not heard`);
  }
  const found = Promise.withResolvers<string>();
  const seen: string[] = [];
  createInterface({ input: output }).on('line', (line) => {
    if (line.includes(text)) {
      found.resolve(line);
    }
    seen.push(line);
    seen.splice(0, seen.length - 20);
  });
  const failed = Promise.race([
    once(child, 'exit').then(() => 'it has ended'),
    delay(limitMs, 'the time is over', { ref: false }),
  ]).then((why) => Promise.reject(new Error(`no '${text}', ${why}: ${seen.join('\n')}`)));
  return Promise.race([found.promise, failed]);
}

function memoryOf({ pid }: Reader): { readonly rss: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string): number => {
    const kibibytes = Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]);
    return Math.round((kibibytes * 1024) / 100_000) / 10;
  };
  return { rss: megabytes('VmRSS'), most: megabytes('VmHWM') };
}

function parseSize(args: string[]): ClusterSize {
  const options = { services: { type: 'string' }, endpoints: { type: 'string' } } as const;
  const { services = '1000', endpoints = '5' } = parseArgs({ args, options }).values;
  for (const number of [services, endpoints]) {
    if (!/^[1-9]\d*$/.test(number)) {
      throw new Error(`'${number}' is not a whole number of 1 or more`);
    }
  }
  return { services: Number(services), endpoints: Number(endpoints) };
}

if (import.meta.main) {
  void measureMemory(parseSize(process.argv.slice(2))).then((report) => {
    console.log(JSON.stringify(report));
    process.exit(0);
  });
}
