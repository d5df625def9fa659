import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import type { Figure } from '../figure.ts';
import { parseReading, valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';

const endpoints = 5;

/** Resident memory of the program after a first sync from an API server. */
export async function measureMemory(bench: Bench): Promise<Section[]> {
  const figures: Figure[] = [];
  const synced: number[][] = [];
  for (const { services, bound } of [
    { services: 1000, bound: bounds.memory1000 },
    { services: 10_000, bound: bounds.memory10000 },
  ]) {
    const readings = await read(bench, services);
    synced.push(valuesOf(readings, 'syncedMb'));
    figures.push({
      name: `${services} Services x ${endpoints}: when the kernel is synced`,
      unit: 'MB',
      samples: valuesOf(readings, 'syncedMb'),
      bound,
      below: [
        { name: 'five seconds later', unit: 'MB', samples: valuesOf(readings, 'settledMb') },
        { name: 'the most at any time', unit: 'MB', samples: valuesOf(readings, 'mostMb') },
      ],
    });
  }
  return [
    {
      title: 'resident memory of kube-ipvs run, with a cluster from an API server',
      notes: ['VmRSS of the built program, Node.js included; no limit on the heap.'],
      figures: [...figures, slope(synced[0] ?? [], synced[1] ?? [])],
    },
  ];
}

/** What a Service more costs, with its endpoints. */
function slope(small: readonly number[], large: readonly number[]): Figure {
  return {
    name: `each Service more, with its ${endpoints} endpoints`,
    unit: 'kB',
    samples: large.map(
      (megabytes, run) => ((megabytes - (small[run] ?? Number.NaN)) * 1000) / 9000,
    ),
  };
}

async function read({ options, runFile }: Bench, services: number): Promise<Reading[]> {
  const readings: Reading[] = [];
  // A count of pages, by any clock; a large cluster takes its time.
  for (let run = 0; run < (options.counted ? 1 : options.runs); run += 1) {
    const args = ['--services', String(services), '--endpoints', String(endpoints)];
    readings.push(parseReading(JSON.stringify(await runFile('memory', args))));
  }
  return readings;
}
