import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import type { Bound, Figure } from '../figure.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';
import { timesOf } from './ratio-figure.ts';

/** What a node feels at a boot and at an update: the whole program, once. */
export async function measureRunOnce({ options, probe }: Bench): Promise<Section[]> {
  const { services, endpoints } = options;
  const readings: Reading[] = [];
  // The first one loads the kernel's modules, and fills the cache of what Node.js compiles.
  for (let run = -1; run < options.runs; run += 1) {
    const reading = await probe('program twice', { services, endpoints });
    if (run >= 0) {
      readings.push(reading);
    }
  }
  const node = valuesOf(readings, 'node');
  const figure = (name: string, reading: string, bound: Bound): Figure => {
    const samples = valuesOf(readings, reading);
    return { name, unit: 'ms', samples, bound, below: [timesOf('node -e 0', samples, node)] };
  };
  return [
    {
      title: `kube-ipvs run --once: ${services} Services x ${endpoints} real servers, whole process`,
      notes: ['From fork to exit, with the programs that it starts; the modules are loaded.'],
      figures: [
        { name: 'node -e 0', unit: 'ms', samples: node },
        figure('into an empty kernel', 'empty', bounds.runOnceEmpty),
        figure('with everything in place', 'in place', bounds.runOnceInPlace),
      ],
    },
  ];
}
