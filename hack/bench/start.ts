import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startArguments } from '../build/node-options.ts';
import { temporaryFolder, writeKubeConfig } from './kube-config-file.ts';
import { dist } from './places.ts';
import { summarize, type Summary } from './statistics.ts';
import { nodeName } from './synthetic-cluster.ts';

/**
 * How long the built program (dist/kube-ipvs.js) takes from its start to the arrival of its first
 * list request at a server on this machine, beside `node -e 0`, which Node.js alone takes. The runs
 * of both take turns. As in the image, what Node.js compiles of the program lies in a cache. Where the kernel has IPVS it is `kube-ipvs run`, elsewhere `kube-ipvs plan`,
 * which needs none and asks the API server in the same way.
 *
 *     node hack/bench/start.ts [--runs R]
 *
 * prints one line of JSON: a StartReport.
 */
export interface StartReport {
  readonly command: 'run' | 'plan';
  readonly runs: number;
  /** `node -e 0`, from start to exit, in milliseconds. */
  readonly nodeMs: Summary;
  /** From the program's start to its first list request, in milliseconds. */
  readonly firstListMs: Summary;
  /** The median of the program over that of `node -e 0`. */
  readonly ratio: number;
}

const program = join(dist, 'kube-ipvs.js');
const leastRuns = 5;
const limitMs = 30_000;

/** Rejects where the program ends, or asks for nothing in half a minute. */
export async function measureStart(runs = 11): Promise<StartReport> {
  const folder = temporaryFolder();
  const server = createServer();
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // A server that listens on TCP has an address of this type.
    const { port } = server.address() as AddressInfo;
    const kubeconfig = writeKubeConfig(folder, `http://127.0.0.1:${port}`);
    fillCompileCache(folder);
    return await takeTurns(runs, server, programArguments(kubeconfig));
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

/** For all that is started from here: the program is killed before it writes what was compiled. */
function fillCompileCache(folder: string): void {
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compile-cache');
  execFileSync(process.execPath, [...startArguments(program), '--version']);
  const packages = join(dist, 'packages');
  for (const name of readdirSync(packages).filter((file) => file.endsWith('.js'))) {
    execFileSync(process.execPath, startArguments(join(packages, name)));
  }
}

async function takeTurns(
  runs: number,
  server: Server,
  args: readonly string[],
): Promise<StartReport> {
  const node: number[] = [];
  const firstList: number[] = [];
  // The first turn only reads the files into the page cache.
  for (let run = -1; run < runs; run += 1) {
    const nodeMs = await timeNode();
    const firstListMs = await timeFirstList(server, args);
    if (run >= 0) {
      node.push(nodeMs);
      firstList.push(firstListMs);
    }
  }
  const [nodeMs, firstListMs] = [summarize(node), summarize(firstList)];
  const ratio = firstListMs.median / nodeMs.median;
  return { command: command(), runs, nodeMs, firstListMs, ratio };
}

function command(): StartReport['command'] {
  return existsSync('/proc/net/ip_vs') ? 'run' : 'plan';
}

function programArguments(kubeconfig: string): readonly string[] {
  const options = ['--kubeconfig', kubeconfig, '--node-name', nodeName];
  return [...startArguments(program), command(), ...options];
}

async function timeNode(): Promise<number> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - startedAt;
}

/** The server gives no answer: what comes after the request takes no part. */
async function timeFirstList(server: Server, args: readonly string[]): Promise<number> {
  const asked = once(server, 'request', { signal: AbortSignal.timeout(limitMs) });
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await Promise.race([asked, rejectAtExit(child)]);
    return performance.now() - startedAt;
  } finally {
    await kill(child);
    server.closeAllConnections();
  }
}

async function rejectAtExit(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null]; // as the event is documented
  throw new Error(`the program ended with ${code} before it asked for a list`);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

function parseRuns(args: string[]): number {
  const { runs = '11' } = parseArgs({ args, options: { runs: { type: 'string' } } }).values;
  if (!/^\d+$/.test(runs) || Number(runs) < leastRuns) {
    throw new Error(`--runs '${runs}' is not a whole number of ${leastRuns} or more`);
  }
  return Number(runs);
}

if (import.meta.main) {
  void measureStart(parseRuns(process.argv.slice(2))).then((report) => {
    console.log(JSON.stringify(report));
  });
}
