import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { openCounters, watchForMetrics } from '../../../src/app/metric-sources.ts';
import { openStatus } from '../../../src/app/status.ts';
import { wallClockMs } from '../../../src/base/time/wall-clock.ts';
import { NodeTroubles } from '../../../src/inspect/node-troubles.ts';
import { FullBook } from '../../../src/inspect/statistics/full-book.ts';
import { OutlierBook } from '../../../src/outliers/outlier-book.ts';
import { ProxyHealth } from '../../../src/serve/health/proxy-health.ts';
import { HttpEndpoint } from '../../../src/serve/http/http-endpoint.ts';
import { Metrics } from '../../../src/serve/metrics/metrics.ts';
import { startArguments } from '../../build/node-options.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { Arrivals } from './arrivals.ts';
import { collectGarbage } from './collect-garbage.ts';
import { configuration } from './configuration.ts';
import { LoadedController } from './loaded-controller.ts';
import { makeWay, Onlooker, type Look } from './onlooker.ts';

/** Fewer than any Service takes. */
const bytesOfService = 1000;
/** Changes before those that count. */
const warmUp = 100;
const looksAlone = 5;
const scrape: Look = { paths: ['/metrics'], everyMs: 1000 };
/** What the status page asks for while it is open, and how often. */
const statusPage: Look = {
  paths: ['summary', 'services?limit=50&offset=0', 'problems?limit=10&offset=0'].map(
    (question) => `/status/api/${question}`,
  ),
  everyMs: 2000,
};
/** What looks at each Service. */
const searches: Look = {
  paths: ['/status/api/services?limit=50&q=web-9999'],
  everyMs: 0,
};

/**
 * Endpoints come at a steady pace to a daemon that nobody looks at, and then to one of which the counters
 * are read, the metrics scraped and the status page open, each as often as in earnest; and then while
 * `show -o json` asks for all there is, one time after the other, too. At last what each takes by itself.
 */
export async function lookedAt(input: ProbeInput): Promise<Reading> {
  const loaded = await LoadedController.start(input);
  const daemon = serve(loaded);
  try {
    const arrivals = new Arrivals(loaded, input.services);
    await arrivals.come(warmUp);
    const usual = await arrivals.come(input.changes);
    await collectGarbage();
    const residentBefore = process.memoryUsage.rss();
    const most = new MostResident();
    daemon.start();
    const onlookers = [scrape, statusPage].map((look) => new Onlooker(daemon.port, look));
    await Promise.all(onlookers.map((onlooker) => onlooker.until(1)));
    const whileLookedAt = await arrivals.come(input.changes);
    const looks = onlookers.map(({ done }) => done);
    const shows = new ShowOnAndOn(input);
    const whileShown = await arrivals.come(input.changes, () => shows.done > 0);
    await shows.end();
    await Promise.all(onlookers.map((onlooker) => onlooker.end()));
    most.end();
    return {
      'usual p50': percentile(usual, 50),
      'usual p99': percentile(usual, 99),
      'looked at p50': percentile(whileLookedAt, 50),
      'looked at p99': percentile(whileLookedAt, 99),
      'shown p50': percentile(whileShown, 50),
      'shown p99': percentile(whileShown, 99),
      scrapes: looks[0] ?? 0,
      pages: looks[1] ?? 0,
      'resident before': residentBefore / 1e6,
      'most resident': most.megabytes,
      ...(await alone('a scrape', daemon.port, scrape)),
      ...(await alone('a page', daemon.port, statusPage)),
      ...(await alone('a search', daemon.port, searches)),
      ...(await showAlone(input)),
    };
  } finally {
    await daemon.stop();
    await loaded.stop();
  }
}

/** What the daemon serves at its metrics address, put together as src/app/daemon.ts does. */
function serve(loaded: LoadedController) {
  const { settings, kernel, controller, store } = loaded;
  const { metricsBindAddress: address } = settings;
  if (address === undefined) {
    throw new Error('the defaults name no metrics address');
  }
  const metrics = new Metrics();
  const troubles = new NodeTroubles(wallClockMs);
  watchForMetrics(metrics, { kernel, controller, health: new ProxyHealth(settings.auditEveryMs) });
  const counters = openCounters({ settings, kernel, metrics }, troubles);
  const status = openStatus(settings, {
    store,
    translator: controller.translator,
    kernel,
    outliers: new OutlierBook(),
    full: new FullBook(),
    troubles,
    counters: counters?.book,
  });
  const endpoint = new HttpEndpoint({
    address,
    route: async (path, asked) => (await status?.answer(path, asked)) ?? metrics.answer(path),
    failed: (error) => {
      throw error;
    },
  });
  return {
    port: address.port,
    start: () => {
      counters?.reading.start();
      endpoint.start();
    },
    stop: async () => {
      endpoint.stop();
      status?.close();
      await counters?.reading.stop();
    },
  };
}

/** The most memory that this process has had resident, as seen every 50 ms. */
class MostResident {
  #bytes = process.memoryUsage.rss();
  readonly #timer = setInterval(() => {
    this.#bytes = Math.max(this.#bytes, process.memoryUsage.rss());
  }, 50);

  get megabytes(): number {
    return this.#bytes / 1e6;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

/** How long a look takes where nothing else goes on, and how much it brings. */
async function alone(name: string, port: number, look: Look): Promise<Reading> {
  await collectGarbage();
  const onlooker = new Onlooker(port, { ...look, everyMs: 0 });
  await onlooker.until(looksAlone);
  await onlooker.end();
  return {
    [name]: percentile(onlooker.durations, 50),
    [`${name}, kB`]: onlooker.bytes / 1000,
  };
}

/** `show -o json`, one time after the other. */
class ShowOnAndOn {
  done = 0;
  #isEnding = false;
  readonly #ended: Promise<void>;

  constructor(input: ProbeInput) {
    this.#ended = this.#run(input);
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#ended;
  }

  async #run(input: ProbeInput): Promise<void> {
    while (!this.#isEnding) {
      await showJson(input);
      this.done += 1;
    }
  }
}

async function showAlone(input: ProbeInput): Promise<Reading> {
  await collectGarbage();
  const { ms, bytes } = await showJson(input);
  const { megabytes } = await showJson(input, ['--import', tellMemory]);
  return { 'a show': ms, 'a show, kB': bytes / 1000, 'a show, MB': megabytes };
}

/** A module that writes, at the end of its process, the most memory that it has had resident, in kibibytes. */
const tellMemory = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs';
   process.on('exit', () => writeSync(2, 'most resident: ' + process.resourceUsage().maxRSS));`,
)}`;

/** The program from its start to its end. Rejects where the daemon has not told it of all Services. */
async function showJson(
  { folder, program, services }: ProbeInput,
  moreNodeOptions: readonly string[] = [],
) {
  const config = join(folder, 'looked-at.json');
  writeFileSync(config, JSON.stringify(configuration));
  // Not a pipe: this is the process whose changes are measured.
  const output = join(folder, 'shown.json');
  const file = openSync(output, 'w');
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [...moreNodeOptions, ...startArguments(program), 'show', '-o', 'json', '--config', config],
    { stdio: ['ignore', file, 'pipe'] },
  );
  makeWay(child);
  closeSync(file);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  const [code] = (await once(child, 'close')) as [number | null]; // as the event is documented
  const ms = performance.now() - startedAt;
  const { size: printed } = statSync(output);
  const start = await beginningOf(output);
  if (code !== 0 || !start.includes('"source": "daemon"') || printed < services * bytesOfService) {
    throw new Error(`show ended with ${code} after ${printed} bytes, ${start}: ${said}`);
  }
  const kibibytes = Number(/most resident: (\d+)/.exec(said)?.[1]);
  return { ms, bytes: printed, megabytes: (kibibytes * 1024) / 1e6 };
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(200) });
    return buffer.toString();
  } finally {
    await file.close();
  }
}
