import type { Bench } from '../bench.ts';
import { bounds } from '../bounds.ts';
import type { Figure, Unit } from '../figure.ts';
import { valuesOf, type Reading } from '../reading.ts';
import type { Section } from '../report.ts';
import { timesOf } from './ratio-figure.ts';

/** What it costs to read the kernel's counters and to be scraped, and whether changes wait for it. */
export async function measureCounters(bench: Bench): Promise<Section[]> {
  return [
    await measure(bench, 'counters', 'of each Service'),
    await measure(bench, 'counters of real servers', 'of each Service and real server'),
  ];
}

async function measure(
  { options, probe }: Bench,
  name: 'counters' | 'counters of real servers',
  what: string,
): Promise<Section> {
  const services = options.quick ? options.services : 2 * options.services;
  const changes = options.quick ? 100 : 1000;
  const { endpoints } = options;
  const readings: Reading[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    readings.push(await probe(name, { services, endpoints, changes }));
  }
  const figure = (title: string, reading: string, unit: Unit = 'ms'): Figure => ({
    name: title,
    unit,
    samples: valuesOf(readings, reading),
  });
  const tail = (title: string, reading: string): Figure => ({
    ...figure(title, reading),
    below: [
      timesOf(
        'usual p99',
        valuesOf(readings, reading),
        valuesOf(readings, 'usual p99'),
        bounds.counters,
      ),
    ],
  });
  return {
    title: `counters ${what}, of ${services} Services x ${endpoints}, while endpoints change`,
    notes: [
      `${changes} changes, one every 10 ms: first alone, then while one reading of the kernel's counters`,
      'follows the other (the daemon rests ten seconds between two), and then while another process',
      'scrapes all the time, too. What a reading and a scrape take is measured without changes.',
    ],
    figures: [
      figure('usual p50', 'usual p50'),
      figure('usual p99', 'usual p99'),
      figure('p50 while counters are read', 'read p50'),
      tail('p99 while counters are read', 'read p99'),
      figure('p50 while they are scraped, too', 'scraped p50'),
      tail('p99 while they are scraped, too', 'scraped p99'),
      figure('a reading, with its rests', 'a reading'),
      figure('its processor time', 'its processor time'),
      figure('a scrape', 'a scrape'),
      figure('longest block of the event loop by it', 'longest block'),
      figure('what it brings', 'scraped kB', 'kB'),
      figure('memory that is kept', 'kept MB', 'MB'),
    ],
  };
}
