import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';

const sizes = { small: 100, large: 10_000 } as const;
const kinds = ['cluster', 'external'] as const;
const microseconds = 1000;

/** What one front end more costs the table of nftables, in a small and in a large one. */
export async function measureFrontEnd({ options, probe }: Bench): Promise<Section[]> {
  const readings = { small: [] as Reading[], large: [] as Reading[] };
  for (let run = 0; run < options.runs; run += 1) {
    for (const size of ['small', 'large'] as const) {
      const { endpoints } = options;
      readings[size].push(await probe('front end', { services: sizes[size], endpoints }));
    }
  }
  return [
    {
      title: 'one front end more in the table of nftables: one transaction, p50 of 100',
      notes: [
        'A verdict that leads to a chain has the kernel follow all verdicts of all maps again. A front end at a',
        'cluster IP brings none; an external one brings some.',
      ],
      figures: kinds.flatMap((added) =>
        kinds.flatMap((present) =>
          (['small', 'large'] as const).map((size) => ({
            name: `${added}: to ${sizes[size]} (${present})`,
            unit: 'us' as const,
            samples: valuesOf(readings[size], `${added} to ${present}`).map(
              (ms) => ms * microseconds,
            ),
            ...(size === 'large' ? { bound: bounds.frontEnd } : {}),
          })),
        ),
      ),
    },
  ];
}
