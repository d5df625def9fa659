import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions } from './options.ts';
import type { ProbeName } from './probe-names.ts';
import { ProbeRunner } from './run-probe.ts';

/** What is worth a look: a first sync with all before it, changes one by one, and audits. */
const profiled: readonly ProbeName[] = ['everything', 'change', 'audit'];

/** How often the processor is looked at, in microseconds. */
const intervalUs = 500;

/** Runs probes under V8's profiler; each leaves `PROBE.cpuprofile` in the folder. */
export async function profile(options: BenchOptions, folder: string): Promise<void> {
  const runner = new ProbeRunner(mkdtempSync(join(tmpdir(), 'kube-ipvs-bench.')));
  const { services, endpoints } = options;
  for (const name of profiled) {
    const file = `${name}.cpuprofile`;
    await runner.run(name, { services, endpoints, changes: 1000 }, [
      '--cpu-prof',
      `--cpu-prof-interval=${intervalUs}`,
      `--cpu-prof-dir=${folder}`,
      `--cpu-prof-name=${file}`,
    ]);
    if (!readdirSync(folder).includes(file)) {
      throw new Error(`the profiler left no ${file}`);
    }
    console.log(join(folder, file));
  }
}
