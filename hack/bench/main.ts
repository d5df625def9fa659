import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join, resolve } from 'node:path';
import {
  formatRequest,
  parseRequest,
  usage,
  UsageError,
  type BenchOptions,
  type Request,
} from './options.ts';
import { dist } from './places.ts';

/** The command line: boots the test kernel for the measurements of in-kernel.ts. */
const testKernel = join(import.meta.dirname, '..', 'in-test-kernel');

const memory = '4G';

/** Generous: twice what all takes on a busy machine. */
const limitSeconds = { quick: 1200, full: 7200 } as const;

/**
 * A distribution's kernel whose clock counts instructions. What is opened lies in memory there: a look
 * for a file of this machine would be a wait that no clock can count.
 */
const countedKernel = [
  ...['--kernel', 'debian-13', '--counted-clock'],
  ...['node', 'perl', dist].flatMap((name) => ['--in-memory', name]),
];

function main(args: readonly string[]): number {
  const request = parseRequest(args);
  if (request.kind === 'help') {
    console.log(usage);
    return 0;
  }
  const [processor] = cpus();
  console.log(
    `machine: ${cpus().length} x ${processor?.model ?? 'processor'}, Linux ${release()}, ` +
      `load before the start ${(loadavg()[0] ?? 0).toFixed(1)}`,
  );
  return boot(
    request.kind === 'measure' ? request : { ...request, folder: resolve(request.folder) },
  );
}

function boot(request: Exclude<Request, { readonly kind: 'help' }>): number {
  const seconds = request.options.quick ? limitSeconds.quick : limitSeconds.full;
  const result = spawnSync(
    testKernel,
    [
      ...['--timeout', String(seconds), '--mem', memory],
      ...(request.kind === 'profile' ? ['--write', makeFolder(request.folder)] : []),
      ...(request.options.counted ? countedKernel : []),
      ...['--', 'node', measurementsOf(request.options), ...formatRequest(request)],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (result.error !== undefined) {
    throw result.error;
  }
  return result.status ?? 1;
}

/** A bundle where there are no sources. */
function measurementsOf({ counted }: BenchOptions): string {
  return counted ? join(dist, 'in-kernel.js') : join(import.meta.dirname, 'in-kernel.ts');
}

function makeFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
