import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import type { Figure } from '../figure.ts';
import { messageCount, type PartName } from '../options.ts';
import { firstSyncProbes, inTurn, type ProbeName } from '../probe-names.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';
import { groupReadings } from '../statistics.ts';
import type { ClusterSize } from '../synthetic-cluster.ts';
import { addressesAtScale, scaleSection, type SizeReadings } from './scale.ts';
import { timesAsFast, timesOf } from './ratio-figure.ts';

/** Those whose growth is held against a bound, and their floor. */
const growthProbes: readonly ProbeName[] = [
  'floor of everything',
  'reconciler',
  'everything',
  'everything in parts',
];

const judgedProbes: readonly ProbeName[] = [
  'ipvsadm',
  'floor',
  'floor of everything',
  'reconciler',
  'everything',
  'everything with nftables',
];

type Readings = ReadonlyMap<string, readonly Reading[]>;

/** A cluster from nothing into an empty kernel; and one twice as large, where growth is asked. */
export async function measureFirstSync(bench: Bench): Promise<Section[]> {
  const { options } = bench;
  const has = (part: PartName): boolean => options.parts.includes(part);
  const [withSync, withGrowth, withScale] = [has('first-sync'), has('growth'), has('scale')];
  const small = { services: options.services, endpoints: options.endpoints };
  const large = { ...small, services: 2 * small.services };
  // Where figures are judged, it is wholes alone; `run-once` is more of the program.
  const isAsked = (probe: ProbeName): boolean =>
    options.counted
      ? judgedProbes.includes(probe)
      : // User Mode Linux has no NAT for nf_tables.
        probe !== 'everything with nftables' && (!options.quick || !probe.endsWith('in parts'));
  const jobs = [
    ...(withSync ? firstSyncProbes : growthProbes).map((probe) => ({ probe, size: small })),
    ...(withGrowth || withScale ? growthProbes.map((probe) => ({ probe, size: large })) : []),
  ].filter(({ probe }) => isAsked(probe));
  const readings = new Map<string, Reading[]>();
  for (let run = 0; run < options.runs; run += 1) {
    for (const { probe, size } of inTurn(jobs, run)) {
      const reading = await bench.probe(probe, size);
      const key = keyOf(probe, size);
      readings.set(key, [...(readings.get(key) ?? []), reading]);
    }
  }
  return [
    ...(withSync ? [firstSync(small, readings)] : []),
    ...(withGrowth ? [growth(small, large, readings)] : []),
    ...(withScale ? [await scale(bench, small, large, readings)] : []),
  ];
}

async function scale(
  { probe }: Bench,
  small: ClusterSize,
  large: ClusterSize,
  readings: Readings,
): Promise<Section> {
  const of = (size: ClusterSize): SizeReadings => ({
    size,
    floor: readings.get(keyOf('floor of everything', size)) ?? [],
    everything: readings.get(keyOf('everything', size)) ?? [],
    parts: readings.get(keyOf('everything in parts', size)) ?? [],
  });
  // Once: it takes long, and is only to show what the straight line is worth.
  const many = await probe('addresses alone', { services: addressesAtScale, endpoints: 1 });
  return scaleSection(of(small), of(large), many);
}

function firstSync(size: ClusterSize, readings: Readings): Section {
  const of = (probe: ProbeName) => readings.get(keyOf(probe, size)) ?? [];
  const ms = (probe: ProbeName) => valuesOf(of(probe), 'ms');
  const ipvsadm = ms('ipvsadm');
  return {
    title: `first sync: ${sizeText(size)} into an empty kernel`,
    notes: [
      `${messageCount(size)} messages for IPVS; everything: also ${size.services} addresses and ${2 * size.services} set entries.`,
      'IPVS alone and everything start with translated Services and end with the last ACK.',
      'The floor is the same messages, encoded beforehand and only sent. Parts are of runs of their own,',
      'longer by the looks at the clock.',
    ],
    figures: [
      { name: 'ipvsadm --restore', unit: 'ms', samples: ipvsadm, below: parts(of('ipvsadm')) },
      { name: 'floor of IPVS', unit: 'ms', samples: ms('floor') },
      {
        name: 'floor of everything',
        unit: 'ms',
        samples: ms('floor of everything'),
        below: parts(of('floor of everything')),
      },
      ...ifMeasured({
        name: 'batch client: encode and send',
        unit: 'ms',
        samples: ms('client'),
        below: [
          timesAsFast('ipvsadm', ms('client'), ipvsadm),
          timesOf('floor', ms('client'), ms('floor')),
        ],
      }),
      {
        name: 'IPVS alone, through the reconciler',
        unit: 'ms',
        samples: ms('reconciler'),
        below: [
          timesAsFast('ipvsadm', ms('reconciler'), ipvsadm, bounds.ipvsSpeed),
          timesOf('floor of IPVS', ms('reconciler'), ms('floor'), bounds.ipvsFloor),
          ...parts(of('reconciler in parts')),
        ],
      },
      {
        name: 'everything, through the reconciler',
        unit: 'ms',
        samples: ms('everything'),
        below: [
          timesAsFast('ipvsadm (IPVS alone)', ms('everything'), ipvsadm),
          timesOf(
            'floor of everything',
            ms('everything'),
            ms('floor of everything'),
            bounds.everythingFloor,
          ),
          ...parts(of('everything in parts')),
        ],
      },
      ...withNftables(ms('everything with nftables'), ms('everything')),
      ...beforeSync(of('everything')),
      ...ifMeasured({
        name: 'the program: kube-ipvs run --once',
        unit: 'ms',
        samples: ms('program'),
        below: [timesAsFast('ipvsadm', ms('program'), ipvsadm), ...parts(of('program'))],
      }),
    ],
  };
}

function withNftables(samples: readonly number[], iptables: readonly number[]): Figure[] {
  return ifMeasured({
    name: 'everything with nftables, through the reconciler',
    unit: 'ms',
    samples,
    below: [timesOf('with iptables', samples, iptables)],
  });
}

function ifMeasured(figure: Figure): Figure[] {
  return figure.samples.length === 0 ? [] : [figure];
}

const before = ['read and parse', 'translate'] as const;

/** What the first sync starts with has to come from somewhere. */
function beforeSync(readings: readonly Reading[]): Figure[] {
  return [
    {
      name: 'from objects in a file to the kernel',
      unit: 'ms',
      samples: valuesOf(readings, 'from objects to kernel'),
      below: before.map((name) => ({ name, unit: 'ms', samples: valuesOf(readings, name) })),
    },
  ];
}

function growth(small: ClusterSize, large: ClusterSize, readings: Readings): Section {
  const ms = (probe: ProbeName, size: ClusterSize, name = 'ms') =>
    valuesOf(readings.get(keyOf(probe, size)) ?? [], name);
  const grown = (name: string, probe: ProbeName, part = 'ms'): Figure =>
    ({
      name,
      unit: 'ms',
      samples: ms(probe, large, part),
      below: [
        timesOf(`${small.services} Services`, ms(probe, large, part), ms(probe, small, part)),
      ],
    }) as const;
  return {
    title: `growth: ${sizeText(large)} against ${sizeText(small)}`,
    notes: ['The floor shows how much of the growth is the kernel: its tables have few buckets.'],
    figures: [
      grown('IPVS alone, through the reconciler', 'reconciler'),
      grown('everything, through the reconciler', 'everything'),
      grown('floor of everything', 'floor of everything'),
      grown('floor: virtual and real servers', 'floor of everything', 'virtual and real servers'),
      grown('floor: addresses', 'floor of everything', 'addresses'),
      grown('floor: set entries', 'floor of everything', 'set entries'),
    ],
  };
}

function parts(readings: readonly Reading[]): Figure[] {
  return Array.from(groupReadings(readings), ([name, samples]) => ({
    name,
    unit: 'ms' as const,
    samples,
  })).filter(({ name }) => name !== 'ms');
}

function keyOf(probe: ProbeName, { services }: ClusterSize): string {
  return `${probe} ${services}`;
}

function sizeText({ services, endpoints }: ClusterSize): string {
  return `${services} Services x ${endpoints} real servers`;
}
