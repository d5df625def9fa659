import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bounds, boundsOfSmallTables, missedBounds } from './bounds.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { boundsApply, messageCount, parseOptions, type BenchOptions } from './options.ts';
import { formatReport, summarizeAll } from './report.ts';
import { clusterManifest, restoreText } from './synthetic-cluster.ts';
import { inputFolder } from './variants/input.ts';
import { untilIdle } from './until-idle.ts';
import {
  orderOfRun,
  parseMeasurement,
  variantNames,
  type Measurement,
  type VariantName,
} from './variant-names.ts';
import { verifyTable } from './verify-table.ts';

/**
 * The measurements, inside the test kernel: every run of every variant has a process and a
 * network namespace of its own. The report goes to standard output, the progress to standard
 * error; the exit status is 1 where a bound is missed.
 */
const variantProgram = join(import.meta.dirname, 'variants', 'main.ts');

async function main(options: BenchOptions): Promise<void> {
  const folder = prepareInput(options);
  await untilIdle();
  const measurements = emptyMeasurements();
  for (let run = 0; run < options.runs; run += 1) {
    for (const name of orderOfRun(run)) {
      const measurement = await measure(name, folder, options);
      measurements[name].push(measurement);
      console.error(`run ${run + 1} of ${options.runs}: ${name} ${measurement.ms.toFixed(0)} ms`);
    }
  }
  report(options, measurements);
}

/** In the folder for temporary files, which is memory in the test kernel. */
function prepareInput(options: BenchOptions): string {
  const folder = mkdtempSync(join(tmpdir(), 'kube-ipvs-bench.'));
  const { restoreFile, manifests } = inputFolder(folder);
  writeFileSync(restoreFile, restoreText(options));
  mkdirSync(manifests);
  writeFileSync(join(manifests, 'cluster.json'), JSON.stringify(clusterManifest(options)));
  // A copy, since the checkout may be built anew meanwhile.
  cpSync(join(import.meta.dirname, '../../dist'), join(folder, 'dist'), { recursive: true });
  return folder;
}

async function measure(
  name: VariantName,
  folder: string,
  options: BenchOptions,
): Promise<Measurement> {
  const namespace = await NetworkNamespace.create(`bench-${name}`);
  try {
    const output = await namespace.run(process.execPath, [variantProgram, name, folder]);
    await verifyTable(namespace, name, options);
    return parseMeasurement(output);
  } finally {
    await namespace.delete();
  }
}

function report(options: BenchOptions, measurements: Record<VariantName, Measurement[]>): void {
  const applied = boundsApply(options) ? bounds : boundsOfSmallTables;
  const { services, endpoints, runs } = options;
  const ipvsadm = execFileSync('ipvsadm', ['--version'], { encoding: 'utf8' });
  console.log(
    `${services} Services x ${endpoints} real servers, ${messageCount(options)} messages, ` +
      `${runs} runs of each variant in one boot`,
  );
  console.log(
    `kernel ${release()} (${process.env['KUBE_IPVS_IN_TEST_KERNEL'] ?? 'this machine'}), ` +
      `Node ${process.versions.node}, ${ipvsadm.trim()}\n`,
  );
  console.log(formatReport(measurements, applied));
  const missed = missedBounds(applied, summarizeAll(measurements));
  for (const sentence of missed) {
    console.log(`MISSED ${sentence}`);
  }
  if (missed.length > 0) {
    process.exitCode = 1;
  }
}

function emptyMeasurements(): Record<VariantName, Measurement[]> {
  const entries = variantNames.map((name) => [name, []]);
  // The keys are all the names, which the type of fromEntries does not know.
  return Object.fromEntries(entries) as Record<VariantName, Measurement[]>;
}

const options = parseOptions(process.argv.slice(2));
if (options !== undefined) {
  await main(options);
}
