import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import type { Section } from '../report.ts';

const leastRuns = 5;

/** What start.ts prints, as far as it is shown. */
interface StartReport {
  readonly nodeMs: Spread;
  readonly firstListMs: Spread;
  readonly ratio: number;
}
interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** From the start of the process to its first list request. */
export async function measureStart({ options, runFile }: Bench): Promise<Section[]> {
  const runs = Math.max(options.runs, leastRuns);
  const report = (await runFile('start', ['--runs', String(runs)])) as StartReport; // its output
  // All that is told of the runs; they have the same median and spread as the runs.
  const samples = ({ min, median, max }: Spread) => [min, median, max];
  return [
    {
      title: `start: kube-ipvs run until its first list request, ${runs} runs in turn`,
      notes: ['From the fork to the arrival of the request; node -e 0 from the fork to its exit.'],
      figures: [
        { name: 'node -e 0', unit: 'ms', samples: samples(report.nodeMs) },
        {
          name: 'kube-ipvs run',
          unit: 'ms',
          samples: samples(report.firstListMs),
          below: [
            {
              name: 'against node -e 0 (medians)',
              unit: 'times',
              samples: [report.ratio],
              bound: bounds.start,
            },
          ],
        },
      ],
    },
  ];
}
