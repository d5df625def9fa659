import type { Statistics } from '../kernel/ipvs/model.ts';
import type { CounterReading, CounterView } from './statistics/counters.ts';

/**
 * The kernel brings its counters up to date every two seconds: a rate is taken over so long at least, and
 * against no reading that is older than that. In milliseconds.
 */
const shortestMs = 1900;
const longestMs = 20_000;

/** Readings are kept of so many virtual servers; those that were read longest ago go first. */
const virtualServersAtMost = 2000;

/** So many readings of each, for one of them to be old enough. */
const readingsAtMost = 4;

/** What was counted of a virtual server and of its real servers at a time. */
interface Sample {
  readonly atMs: number;
  readonly statistics: Statistics;
  readonly realServers: ReadonlyMap<string, Statistics>;
}

/** How fast counters grow, by the last readings of those that somebody looks at. Pure but for what it keeps. */
export class RateBook implements CounterView {
  readonly #samples = new Map<string, readonly Sample[]>();

  /** `atMs` of a clock that never goes back. */
  note(
    key: string,
    statistics: Statistics,
    realServers: readonly (readonly [string, Statistics])[],
    atMs: number,
  ): void {
    const before = (this.#samples.get(key) ?? []).filter((each) => atMs - each.atMs <= longestMs);
    const sample = { atMs, statistics, realServers: new Map(realServers) };
    this.#samples.delete(key);
    this.#samples.set(key, [...before, sample].slice(-readingsAtMost));
    for (const oldest of this.#samples.keys()) {
      if (this.#samples.size <= virtualServersAtMost) {
        break;
      }
      this.#samples.delete(oldest);
    }
  }

  virtualServer(key: string): CounterReading | undefined {
    return this.#readingOf(key, ({ statistics }) => statistics);
  }

  realServer(virtualServer: string, realServer: string): CounterReading | undefined {
    return this.#readingOf(virtualServer, ({ realServers }) => realServers.get(realServer));
  }

  #readingOf(
    key: string,
    statisticsOf: (sample: Sample) => Statistics | undefined,
  ): CounterReading | undefined {
    const samples = this.#samples.get(key) ?? [];
    const last = samples.at(-1);
    const totals = last && statisticsOf(last);
    if (last === undefined || totals === undefined) {
      return undefined;
    }
    const earlier = samples.findLast(({ atMs }) => last.atMs - atMs >= shortestMs);
    const before = earlier && statisticsOf(earlier);
    return {
      totals,
      perSecond:
        earlier === undefined || before === undefined
          ? undefined
          : ratesOf(before, totals, (last.atMs - earlier.atMs) / 1000),
    };
  }
}

/** Counters that were set to zero meanwhile have no rate but 0. */
function ratesOf(before: Statistics, after: Statistics, seconds: number): Statistics {
  const rate = (counter: keyof Statistics): number =>
    Math.max(0, after[counter] - before[counter]) / seconds;
  return {
    connections: rate('connections'),
    packetsIn: rate('packetsIn'),
    packetsOut: rate('packetsOut'),
    bytesIn: rate('bytesIn'),
    bytesOut: rate('bytesOut'),
  };
}
