import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Metrics } from '../../src/serve/metrics/metrics.ts';

/** All that Prometheus reads at `/metrics`. */
export async function scraped(metrics: Metrics): Promise<string> {
  const body = metrics.answer('/metrics')?.body ?? '';
  return typeof body === 'string' ? body : text(Readable.from(body));
}

/** The value of a series, as it stands there: `up{job="a"}`; undefined where there is none. */
export function valueIn(scrape: string, series: string): number | undefined {
  const line = scrape.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
