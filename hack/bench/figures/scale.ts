import { extrapolate, type TwoSizes } from '../extrapolate.ts';
import type { Figure } from '../figure.ts';
import { messageCount } from '../options.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';
import { summarize } from '../statistics.ts';
import type { ClusterSize } from '../synthetic-cluster.ts';

const microseconds = 1000;
const target: ClusterSize = { services: 50_000, endpoints: 10 };

/** Readings of the floor of everything, and of everything, in one size. */
export interface SizeReadings {
  readonly size: ClusterSize;
  readonly floor: readonly Reading[];
  readonly everything: readonly Reading[];
  /** Of everything in parts. */
  readonly parts: readonly Reading[];
}

/** What of the time grows with what. */
interface Term {
  readonly name: string;
  /** Whether each costs more the more there are, since lists become longer; else noise alone says so. */
  readonly grows: boolean;
  /** How many messages a cluster takes. */
  readonly count: (size: ClusterSize) => number;
  readonly ms: (readings: SizeReadings) => number[];
}

const terms: readonly Term[] = [
  {
    name: 'kernel: a virtual or real server',
    grows: true,
    count: messageCount,
    ms: ({ floor }) => valuesOf(floor, 'virtual and real servers'),
  },
  {
    name: 'kernel: an address',
    grows: true,
    count: ({ services }) => services,
    ms: ({ floor }) => valuesOf(floor, 'addresses'),
  },
  {
    name: 'kernel: a set entry',
    grows: false,
    count: ({ services }) => 2 * services,
    ms: ({ floor }) => valuesOf(floor, 'set entries'),
  },
  {
    name: 'own work: a virtual or real server, all kinds included',
    grows: false,
    count: messageCount,
    ms: ({ parts }) =>
      parts.map(
        (reading) =>
          valuesOf([reading], 'ms').reduce((sum, ms) => sum + ms, 0) -
          ['sets: kernel', 'IPVS: kernel', 'addresses: kernel'].reduce(
            (sum, part) => sum + (reading[part] ?? 0),
            0,
          ),
      ),
  },
  {
    name: 'before: read, parse and translate, for each virtual or real server',
    grows: false,
    count: messageCount,
    ms: ({ everything }) =>
      everything.map((reading) => (reading['read and parse'] ?? 0) + (reading['translate'] ?? 0)),
  },
];

/** What a far larger cluster would cost, by the slopes between two that were measured. */
export function scaleSection(
  small: SizeReadings,
  large: SizeReadings,
  manyAddresses: Reading,
): Section {
  const measured = terms.map((term) => ({ term, ...measure(term, small, large) }));
  const seconds = measured.map(({ term, sizes }) => ({
    name: term.name,
    seconds:
      ((term.grows ? extrapolate(sizes, target.services) : sizes.each[1]) * term.count(target)) /
      (microseconds * microseconds),
  }));
  const total = seconds.reduce((sum, part) => sum + part.seconds, 0);
  return {
    title: `scale on paper: a first sync of ${target.services} Services x ${target.endpoints}`,
    notes: [
      `From what each costs with ${small.size.services} Services and with ${large.size.services}; medians. Where the kernel goes`,
      'through lists, each costs more the more there are, on a straight line: virtual servers stand in',
      '256 buckets, and for each new address all others of the link are looked at. The rest is taken to',
      'cost the same for each.',
    ],
    figures: [
      ...measured.map(({ term, samples }): Figure => ({
        name: `${term.name}, ${large.size.services} Services`,
        unit: 'us',
        samples: samples.large,
        below: [{ name: `${small.size.services} Services`, unit: 'us', samples: samples.small }],
      })),
      {
        name: `${target.services} Services x ${target.endpoints}, in all`,
        unit: 's',
        samples: [total],
        below: seconds.map(({ name, seconds: each }) => ({ name, unit: 's', samples: [each] })),
      },
      {
        name: `${target.services} addresses, measured (floor)`,
        unit: 's',
        samples: valuesOf([manyAddresses], 'ms').map((ms) => ms / microseconds),
      },
    ],
  };
}

export const addressesAtScale = target.services;

function measure({ count, ms }: Term, small: SizeReadings, large: SizeReadings) {
  const each = (readings: SizeReadings): number[] =>
    ms(readings).map((all) => (all * microseconds) / count(readings.size));
  const samples = { small: each(small), large: each(large) };
  const sizes: TwoSizes = {
    services: [small.size.services, large.size.services],
    each: [summarize(samples.small).median, summarize(samples.large).median],
  };
  return { samples, sizes };
}
