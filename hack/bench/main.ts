import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join, resolve } from 'node:path';
import { formatRequest, parseRequest, usage, UsageError, type Request } from './options.ts';

/** The command line: boots the test kernel for the measurements of in-kernel.ts. */
const testKernel = join(import.meta.dirname, '..', 'in-test-kernel');
const measurements = join(import.meta.dirname, 'in-kernel.ts');

const memory = '4G';

/** Generous: twice what all takes on a busy machine. */
const limitSeconds = { quick: 1200, full: 3600 } as const;

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
      ...['--', 'node', measurements, ...formatRequest(request)],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (result.error !== undefined) {
    throw result.error;
  }
  return result.status ?? 1;
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
