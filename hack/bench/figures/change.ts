import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import type { BenchOptions } from '../options.ts';
import type { Figure } from '../figure.ts';
import { valuesOf, type Reading } from '../reading.ts';
import { warmUp } from '../probes/change.ts';
import type { Section } from '../report.ts';
import { timesOf } from './ratio-figure.ts';

const microseconds = 1000;

/** One endpoint changes, in a large cluster and in a small one. */
export async function measureChange(bench: Bench): Promise<Section[]> {
  const { options } = bench;
  const [large, small] = sizesOf(options);
  const changes = options.quick ? 200 : 1000;
  const { endpoints } = options;
  const [ofLarge, ofSmall]: [Reading[], Reading[]] = [[], []];
  for (let run = 0; run < options.runs; run += 1) {
    ofLarge.push(await bench.probe('change', { services: large, endpoints, changes }));
    ofSmall.push(await bench.probe('change', { services: small, endpoints, changes }));
  }
  return [
    {
      title: `one endpoint changes: ${changes} changes, one after the other`,
      notes: [
        'From the parsed slice in the store to the end of the round that had the ACK: one turn of the',
        'event loop that gathers changes, translation, difference, one message, its answer. Endpoints',
        'come (NEW_DEST) and leave (SET_DEST, weight 0) in turn. No least time between rounds (the',
        'default). A bare round trip is such a message, encoded beforehand, between two changes. What the',
        `preparation has left is collected before the first change, here and below. ${warmUp} changes come`,
        'before those that count: meanwhile V8 compiles what they run.',
      ],
      figures: [
        ...figuresOf(large, ofLarge, true),
        ...figuresOf(small, ofSmall, false),
        {
          name: `p50 with ${large} Services`,
          unit: 'us',
          samples: inMicroseconds(ofLarge, 'p50'),
          below: [
            timesOf(
              `${small} Services`,
              valuesOf(ofLarge, 'p50'),
              valuesOf(ofSmall, 'p50'),
              bounds.changeBySize,
            ),
          ],
        },
      ],
    },
  ];
}

function sizesOf({ services, quick, counted }: BenchOptions): readonly [number, number] {
  if (quick) {
    return [services, 20];
  }
  return [(counted ? 10 : 2) * services, 100];
}

function figuresOf(services: number, readings: readonly Reading[], isBound: boolean): Figure[] {
  const bare = valuesOf(readings, 'bare');
  const against = (name: string, bound: 'changeMedian' | 'changeTail'): Figure =>
    timesOf(
      'one bare round trip',
      valuesOf(readings, name),
      bare,
      isBound ? bounds[bound] : undefined,
    );
  return [
    {
      name: `${services} Services: one bare round trip, p50`,
      unit: 'us',
      samples: inMicroseconds(readings, 'bare'),
      below: [{ name: 'p99', unit: 'us', samples: inMicroseconds(readings, 'bare p99') }],
    },
    {
      name: `${services} Services: p50`,
      unit: 'us',
      samples: inMicroseconds(readings, 'p50'),
      below: [
        against('p50', 'changeMedian'),
        { name: 'one comes', unit: 'us', samples: inMicroseconds(readings, 'p50, one comes') },
        { name: 'one leaves', unit: 'us', samples: inMicroseconds(readings, 'p50, one leaves') },
      ],
    },
    {
      name: `${services} Services: p99`,
      unit: 'us',
      samples: inMicroseconds(readings, 'p99'),
      below: [
        against('p99', 'changeTail'),
        {
          name: `the first ${warmUp} of the process, no bound`,
          unit: 'us',
          samples: inMicroseconds(readings, 'first p99'),
        },
      ],
    },
  ];
}

function inMicroseconds(readings: readonly Reading[], name: string): number[] {
  return valuesOf(readings, name).map((ms) => ms * microseconds);
}
