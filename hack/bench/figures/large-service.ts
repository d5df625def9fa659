import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';

/** One Service with many endpoints gets one more. */
export async function measureLargeService({ options, probe }: Bench): Promise<Section[]> {
  const endpoints = options.quick ? 200 : 1000;
  const readings: Reading[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    readings.push(await probe('large service', { services: 1, endpoints }));
  }
  return [
    {
      title: `one Service with ${endpoints} endpoints gets one more`,
      notes: ['Counted is what the process sends over all its netlink sockets.'],
      figures: [
        {
          name: 'messages',
          unit: 'count',
          samples: valuesOf(readings, 'messages'),
          bound: bounds.oneMessage,
        },
        {
          name: 'NEW_DEST among them',
          unit: 'count',
          samples: valuesOf(readings, 'NEW_DEST messages'),
          bound: bounds.oneMessage,
        },
        { name: 'time to the kernel', unit: 'ms', samples: valuesOf(readings, 'ms') },
      ],
    },
  ];
}
