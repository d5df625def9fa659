import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { inputFiles } from './input.ts';

/**
 * `ipvsadm --restore < file`, from fork to exit; beside it what an ipvsadm costs that does
 * nothing, which is fork and exec.
 */
export function ipvsadm({ folder }: ProbeInput): Promise<Reading> {
  const idle = timeProgram('ipvsadm', ['--version'], undefined);
  const ms = timeProgram('ipvsadm', ['--restore'], inputFiles(folder).restoreFile);
  return Promise.resolve({ ms, 'fork and exec alone (ipvsadm --version)': idle });
}

/** Milliseconds from fork to exit. Throws where the program fails. */
export function timeProgram(
  program: string,
  args: readonly string[],
  input: string | undefined,
): number {
  const file = openSync(input ?? '/dev/null', 'r');
  try {
    const startedAt = performance.now();
    const result = spawnSync(program, args, { stdio: [file, 'ignore', 'pipe'] });
    const ms = performance.now() - startedAt;
    requireExit(program, result);
    return ms;
  } finally {
    closeSync(file);
  }
}

function requireExit(program: string, result: SpawnSyncReturns<Buffer>): void {
  if (result.error !== undefined) {
    throw result.error;
  }
  if (result.status !== 0) {
    const words = result.stderr.toString('utf8').trim();
    throw new Error(`${program} ended with ${result.status ?? result.signal ?? '?'}: ${words}`);
  }
}
