import { spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import {
  formatOptions,
  messageCount,
  parseOptions,
  usage,
  UsageError,
  type BenchOptions,
} from './options.ts';

/** The command line: boots the test kernel for the measurements of in-kernel.ts. */
const testKernel = join(import.meta.dirname, '..', 'in-test-kernel');
const measurements = join(import.meta.dirname, 'in-kernel.ts');

const memory = '3G';
const bootSeconds = 120;

/** Generous: all variants of one run with their verification, for each message. */
const secondsPerMessage = 150 / 30_000;

function main(args: readonly string[]): number {
  const options = parseOptions(args);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const [processor] = cpus();
  console.log(`machine: ${cpus().length} x ${processor?.model ?? 'processor'}, Linux ${release()}`);
  return boot(options);
}

function boot(options: BenchOptions): number {
  const seconds = bootSeconds + options.runs * (30 + messageCount(options) * secondsPerMessage);
  const result = spawnSync(
    testKernel,
    [
      ...['--timeout', String(Math.ceil(seconds)), '--mem', memory, '--'],
      ...['node', measurements, ...formatOptions(options)],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (result.error !== undefined) {
    throw result.error;
  }
  return result.status ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
