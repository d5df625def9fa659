import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';
import { timesOf } from './ratio-figure.ts';

/** Endpoint changes that come in during audits that find nothing to do. */
export async function measureAudit({ options, probe }: Bench): Promise<Section[]> {
  const services = options.quick ? options.services : 2 * options.services;
  const changes = options.quick ? 100 : 1000;
  const { endpoints } = options;
  const readings: Reading[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    readings.push(await probe('audit', { services, endpoints, changes }));
  }
  const figure = (name: string, reading: string, below: readonly Figure[] = []): Figure => ({
    name,
    unit: 'ms',
    samples: valuesOf(readings, reading),
    below,
  });
  return [
    {
      title: `no-change audits of ${services} Services x ${endpoints} while endpoints change`,
      notes: [
        `${changes} changes, one every 10 ms whether those before it are done or not: first alone, then`,
        'while one periodic audit follows the other, and more until one is over. From the moment a change',
        'is due to its ACK. An audit was made before, without rests: memory was touched by then.',
      ],
      figures: [
        figure('one audit, with its rests', 'one audit'),
        figure('usual p50', 'usual p50'),
        figure('usual p99', 'usual p99'),
        figure('p50 during audits', 'p50'),
        figure('p99 during audits', 'p99', [
          timesOf('usual p99', valuesOf(readings, 'p99'), valuesOf(readings, 'usual p99')),
        ]),
      ],
    },
  ];
}
