import type { Bench } from '../bench.ts';
import type { Section } from '../report.ts';
import { whileEndpointsChange } from './while-endpoints-change.ts';

/** What it costs to read the kernel's counters and to be scraped, and whether changes wait for it. */
export async function measureCounters(bench: Bench): Promise<Section[]> {
  return [
    await measure(bench, 'counters', 'of each Service'),
    await measure(bench, 'counters of real servers', 'of each Service and real server'),
  ];
}

async function measure(
  bench: Bench,
  name: 'counters' | 'counters of real servers',
  what: string,
): Promise<Section> {
  const measured = await whileEndpointsChange(bench, name, {
    mostChanges: 1000,
    usualTail: 'usual p99',
  });
  const { services, endpoints, changes, figure, tail } = measured;
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
