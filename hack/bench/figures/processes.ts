import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';

const changes = 5;
const size = { services: 20, endpoints: 5, changes } as const;

/** Processes that the running program starts. */
export async function measureProcesses({ options, probe }: Bench): Promise<Section[]> {
  const readings: Reading[] = [];
  for (let run = 0; run < (options.quick ? 1 : options.runs); run += 1) {
    readings.push(await probe('processes', size));
  }
  return [
    {
      title: `processes of the running program: ${changes} changes and two audits or more`,
      notes: [
        'Counted by the PID namespace that the program has for itself: each process and each thread,',
        'however short its life. The proof that it counts is a repair of a chain, by two processes.',
      ],
      figures: [
        {
          name: 'processes and threads started',
          unit: 'count',
          samples: valuesOf(readings, 'steady'),
          bound: bounds.noProcess,
        },
        {
          name: 'the same while a chain is repaired',
          unit: 'count',
          samples: valuesOf(readings, 'repair'),
          bound: bounds.repairProcesses,
        },
      ],
    },
  ];
}
