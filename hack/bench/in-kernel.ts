import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { measureAudit } from './figures/audit.ts';
import { measureBurst } from './figures/burst.ts';
import { measureChange } from './figures/change.ts';
import { measureCounters } from './figures/counters.ts';
import { measureDataPath } from './figures/data-path.ts';
import { measureConnection } from './figures/connection.ts';
import { measureFirstSync } from './figures/first-sync.ts';
import { measureFrontEnd } from './figures/front-end.ts';
import { measureLargeService } from './figures/large-service.ts';
import { measureLookedAt } from './figures/looked-at.ts';
import { measureMemory } from './figures/memory.ts';
import { measurePortRanges } from './figures/port-ranges.ts';
import { measureOutliers } from './figures/outliers.ts';
import { measureProcesses } from './figures/processes.ts';
import { measureRunOnce } from './figures/run-once.ts';
import { measureStart } from './figures/start.ts';
import { parseRequest, strictnessOf, type BenchOptions, type PartName } from './options.ts';
import { profile } from './profile.ts';
import {
  formatBoundTable,
  formatSection,
  formatTally,
  missedBounds,
  type Section,
} from './report.ts';
import { ProbeRunner } from './run-probe.ts';
import { untilIdle } from './until-idle.ts';

/**
 * The measurements, inside the test kernel: every run of every probe has a process and a network
 * namespace of its own. Each part of the report goes to standard output as soon as it is there,
 * the progress to standard error; the exit status is 1 where a bound is missed.
 */
type Measure = (bench: Bench) => Promise<Section[]>;

/** In the order of the report; growth and scale are measured along with the first sync. */
const measurements: readonly { readonly parts: readonly PartName[]; readonly measure: Measure }[] =
  [
    { parts: ['run-once'], measure: measureRunOnce },
    { parts: ['first-sync', 'growth', 'scale'], measure: measureFirstSync },
    { parts: ['change'], measure: measureChange },
    { parts: ['large-service'], measure: measureLargeService },
    { parts: ['burst'], measure: measureBurst },
    { parts: ['audit'], measure: measureAudit },
    { parts: ['counters'], measure: measureCounters },
    { parts: ['outliers'], measure: measureOutliers },
    { parts: ['looked-at'], measure: measureLookedAt },
    { parts: ['memory'], measure: measureMemory },
    { parts: ['start'], measure: measureStart },
    { parts: ['connection'], measure: measureConnection },
    { parts: ['front-end'], measure: measureFrontEnd },
    { parts: ['port-ranges'], measure: measurePortRanges },
    { parts: ['processes'], measure: measureProcesses },
    { parts: ['data-path'], measure: measureDataPath },
  ];

async function measureAll(options: BenchOptions): Promise<void> {
  const strictness = strictnessOf(options);
  const bench = openBench(options);
  console.log(headline(options));
  await untilIdle();
  const sections: Section[] = [];
  for (const { parts, measure } of measurements) {
    if (parts.some((part) => options.parts.includes(part))) {
      for (const section of await measure(bench)) {
        sections.push(section);
        console.log(formatSection(section, strictness));
      }
    }
  }
  if (options.counted) {
    console.log(formatBoundTable(sections, strictness));
  }
  console.log(formatTally(sections, strictness));
  for (const sentence of missedBounds(sections, strictness)) {
    console.log(`MISSED ${sentence}`);
    process.exitCode = 1;
  }
}

function openBench(options: BenchOptions): Bench {
  const runner = new ProbeRunner(mkdtempSync(join(tmpdir(), 'kube-ipvs-bench.')));
  return {
    options,
    probe: async (name, { services, endpoints, changes = 0 }) => {
      const startedAt = performance.now();
      const reading = await runner.run(name, { services, endpoints, changes });
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      const numbers = Object.entries(reading)
        .slice(0, 3)
        .map(([part, value]) => `${part} ${value.toFixed(2)}`);
      console.error(`${name}, ${services} Services: ${numbers.join(', ')} (${seconds} s)`);
      return reading;
    },
    runFile: async (name, args) => {
      const output = await runner.runFile(name, args);
      console.error(`${name} ${args.join(' ')}: ${output.trim()}`);
      return JSON.parse(output) as unknown;
    },
  };
}

function headline({ runs, quick }: BenchOptions): string {
  const ipvsadm = execFileSync('ipvsadm', ['--version'], { encoding: 'utf8' });
  return (
    `kernel ${release()} (${process.env['KUBE_IPVS_IN_TEST_KERNEL'] ?? 'this machine'}), ` +
    `Node ${process.versions.node}, ${ipvsadm.trim()}\n` +
    `runs of each measurement, in one boot: ${runs}${quick ? '; a small version (--quick)' : ''}\n`
  );
}

async function main(): Promise<void> {
  const request = parseRequest(process.argv.slice(2));
  if (request.kind === 'measure') {
    await measureAll(request.options);
  } else if (request.kind === 'profile') {
    await profile(request.options, request.folder);
  }
}

void main();
