import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BackgroundCounters } from '../../../src/app/background-counters.ts';
import { CounterBook } from '../../../src/inspect/statistics/counter-book.ts';
import { HttpEndpoint } from '../../../src/serve/http/http-endpoint.ts';
import { Metrics } from '../../../src/serve/metrics/metrics.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { Arrivals } from './arrivals.ts';
import { collectGarbage } from './collect-garbage.ts';
import { LoadedController } from './loaded-controller.ts';
import { Onlooker } from './onlooker.ts';

/** Changes before those that count. */
const warmUp = 100;
/** Of the daemon. */
const restMs = 10_000;
const scrapes = 5;
const onAndOn = { paths: ['/metrics'], everyMs: 0 };
const address = { host: '127.0.0.1', port: 10_249 };

/**
 * Endpoints come at a steady pace: alone, while the kernel's counters are read one time after the other,
 * and while another process scrapes one time after the other, too. Then what a reading and a scrape take
 * by themselves.
 */
async function counters(
  input: ProbeInput,
  detail: 'sums alone' | 'each real server',
): Promise<Reading> {
  const loaded = await LoadedController.start(input);
  const metrics = new Metrics();
  const endpoint = new HttpEndpoint({
    address,
    route: (path) => metrics.answer(path),
    failed: (error) => {
      throw error;
    },
  });
  try {
    const arrivals = new Arrivals(loaded, input.services);
    await arrivals.come(warmUp);
    const usual = await arrivals.come(input.changes);
    await collectGarbage();
    const heapBefore = process.memoryUsage().heapUsed;
    const book = new CounterBook((key) => loaded.kernel.desired.serviceOf(key), {
      tallies: 1_000_000,
    });
    metrics.serveCounters(book);
    endpoint.start();
    const first = await readings(book, detail, 1);
    await collectGarbage();
    const heapAfter = process.memoryUsage().heapUsed;
    const reading = new ReadingOnAndOn(book, detail);
    const whileRead = await arrivals.come(input.changes, () => reading.done > 0);
    const scraper = new Onlooker(address.port, onAndOn);
    const whileScraped = await arrivals.come(input.changes, () => scraper.done > 0);
    await scraper.end();
    await reading.end();
    const alone = await scrapeAlone();
    return {
      'usual p50': percentile(usual, 50),
      'usual p99': percentile(usual, 99),
      'read p50': percentile(whileRead, 50),
      'read p99': percentile(whileRead, 99),
      'scraped p50': percentile(whileScraped, 50),
      'scraped p99': percentile(whileScraped, 99),
      'a reading': percentile(first.durations, 50),
      'its processor time': first.processorMs,
      'a scrape': percentile(alone.durations, 50),
      'longest block': alone.longestMs,
      'scraped kB': alone.bytes / 1000,
      'kept MB': (heapAfter - heapBefore) / 1e6,
    };
  } finally {
    endpoint.stop();
    await loaded.stop();
  }
}

export function counterSums(input: ProbeInput): Promise<Reading> {
  return counters(input, 'sums alone');
}

export function counterRealServers(input: ProbeInput): Promise<Reading> {
  return counters(input, 'each real server');
}

/** So many readings, and the processor time of one. */
async function readings(
  book: CounterBook,
  detail: 'sums alone' | 'each real server',
  count: number,
) {
  const durations: number[] = [];
  const before = process.cpuUsage();
  await new Promise<void>((resolve, reject) => {
    const background = new BackgroundCounters(
      book,
      { detail, restMs },
      {
        read: (ms) => {
          durations.push(ms);
          if (durations.length === count) {
            void background.stop().then(resolve);
          }
        },
        failed: reject,
      },
    );
    background.start();
  });
  const { user, system } = process.cpuUsage(before);
  return { durations, processorMs: (user + system) / 1000 / count };
}

/** One reading after the other, with no more rest than between its parts. */
class ReadingOnAndOn {
  done = 0;
  readonly #background: BackgroundCounters;

  constructor(book: CounterBook, detail: 'sums alone' | 'each real server') {
    this.#background = new BackgroundCounters(
      book,
      { detail, restMs: 1 },
      {
        read: () => {
          this.done += 1;
        },
        failed: (error) => {
          throw error;
        },
      },
    );
    this.#background.start();
  }

  async end(): Promise<void> {
    await this.#background.stop();
  }
}

/** Scrapes one after the other, with nothing else to do. */
async function scrapeAlone() {
  await collectGarbage();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const scraper = new Onlooker(address.port, onAndOn);
  await scraper.until(scrapes);
  delay.disable();
  await scraper.end();
  return { durations: scraper.durations, bytes: scraper.bytes, longestMs: delay.max / 1e6 };
}
