import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import { burstsInAll } from '../probes/burst.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';
import { timesOf } from './ratio-figure.ts';

/** Many Services change at once. */
export async function measureBurst({ options, probe }: Bench): Promise<Section[]> {
  const changes = options.quick ? 100 : 1000;
  const services = Math.max(options.services * (options.quick ? 1 : 2), burstsInAll * changes);
  const { endpoints } = options;
  const readings: Reading[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    readings.push(await probe('burst', { services, endpoints, changes }));
  }
  const time = (name: string, reading: string) =>
    ({ name, unit: 'ms', samples: valuesOf(readings, reading) }) as const;
  const burst = (name: string, reading: string, below: string) => {
    const samples = valuesOf(readings, reading);
    const against = timesOf('floor', samples, valuesOf(readings, below), bounds.burst);
    return { name, unit: 'ms', samples, below: [against] } as const;
  };
  return [
    {
      title: `burst: ${changes} of ${services} Services get an endpoint in one turn of the event loop`,
      notes: [
        'From the first parsed slice in the store to the end of the round that had the last ACK.',
        'One in 20 refused: the kernel answers EINVAL to these, and holds all others by then.',
        'V8 compiles what a burst runs, and some of it twice, in the first three of a process: they are',
        'printed by themselves.',
      ],
      figures: [
        time('floor: the same messages, encoded beforehand', 'floor'),
        burst('all accepted', 'ms', 'floor'),
        time('floor: one in 20 refused', 'floor with refused ones'),
        burst('one in 20 refused', 'ms with refused ones', 'floor with refused ones'),
        time('the first one, no bound', 'first ms'),
        time('the second and the third, no bound', 'next ms'),
      ],
    },
  ];
}
