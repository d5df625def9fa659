import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './deployed.ts';

/** How long the package may take to come, in milliseconds. */
export const fetchLimitMs = 180_000;

/**
 * The folder that has `prometheus` and `promtool`; fetched where the machine has none. Undefined, and
 * said loudly, where they cannot be had.
 */
export function prometheusFolder(): string | undefined {
  const { status, stdout, stderr } = spawnSync(join(repository, 'hack/prometheus'), {
    encoding: 'utf8',
  });
  if (status !== 0) {
    console.warn(`WARNING: WITHOUT PROMETHEUS' PROGRAMS THESE TESTS ARE SKIPPED: ${stderr.trim()}`);
    return undefined;
  }
  return stdout.trim();
}

/** What promtool prints; throws with that where it finds something wrong. */
export function promtool(folder: string, args: readonly string[], input = ''): string {
  return execFileSync(join(folder, 'promtool'), args, {
    input,
    encoding: 'utf8',
    cwd: repository,
    stdio: 'pipe',
  });
}
