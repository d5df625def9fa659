import type { Bench } from '../bench.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';

const realServers = 1000;
/** Of each Service: as many as most have, and a large one. */
const endpoints = [5, 100] as const;

/** What the look once a second for real servers that fail costs. */
export async function measureOutliers({ options, probe }: Bench): Promise<Section[]> {
  const readings = new Map<number, readonly Reading[]>();
  for (const each of endpoints) {
    const ofSize: Reading[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      ofSize.push(await probe('outliers', { services: realServers / each, endpoints: each }));
    }
    readings.set(each, ofSize);
  }
  return [
    {
      title: `one look for failing real servers, at ${realServers} of them, p50 of 60`,
      notes: [
        'Their counters are read over netlink and judged. Quiet: nothing was counted since the look before;',
        'busy: each real server has served connections. 60 looks come before those that count.',
      ],
      figures: endpoints.flatMap((each) =>
        (['quiet', 'busy'] as const).map((load) => ({
          name: `${realServers / each} virtual servers x ${each}, ${load}`,
          unit: 'ms' as const,
          samples: valuesOf(readings.get(each) ?? [], load),
        })),
      ),
    },
  ];
}
