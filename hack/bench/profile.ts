import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './options.ts';
import type { ProbeName } from './probe-names.ts';
import { dist } from './places.ts';
import { burstsInAll } from './probes/burst.ts';
import { longestFunctions, type CpuProfile } from './profile-summary.ts';
import { ProbeRunner } from './run-probe.ts';

/** What is worth a look: a first sync with all before it, changes one by one and at once, and audits. */
const profiled: readonly ProbeName[] = ['everything', 'change', 'burst', 'audit'];

const bundle = join(dist, 'bench.js');
/** How many functions are shown of each. */
const longest = 25;

/** How many changes are profiled. */
const changes = 1000;

/** How often the processor is looked at, in microseconds. */
const intervalUs = 500;

/**
 * Runs probes under V8's profiler; each leaves `PROBE.cpuprofile` in the folder,
 * and its longest functions on standard output.
 */
export async function profile(options: BenchOptions, folder: string): Promise<void> {
  const runner = new ProbeRunner(mkdtempSync(join(tmpdir(), 'kube-ipvs-bench.')));
  const { endpoints } = options;
  for (const name of profiled) {
    const file = `${name}.cpuprofile`;
    // A burst needs Services that were in none before.
    const services = Math.max(options.services, name === 'burst' ? burstsInAll * changes : 0);
    await runner.run(name, { services, endpoints, changes }, [
      '--cpu-prof',
      `--cpu-prof-interval=${intervalUs}`,
      `--cpu-prof-dir=${folder}`,
      `--cpu-prof-name=${file}`,
    ]);
    console.log(summary(join(folder, file)));
  }
}

function summary(file: string): string {
  if (!existsSync(file)) {
    throw new Error(`the profiler left no ${file}`);
  }
  const profileOfFile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile; // V8's format
  const lines = longestFunctions(profileOfFile, readFileSync(bundle, 'utf8'), longest).map(
    ({ name, ms }) => `${ms.toFixed(1).padStart(9)}  ${name}\n`,
  );
  return `== ${file}\n ms itself  function\n${lines.join('')}`;
}
