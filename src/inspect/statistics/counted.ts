import type { Statistics } from '../../kernel/ipvs/model.ts';
import type { CounterReading } from './counters.ts';
import {
  addStatistics,
  countedSince,
  isLess,
  noStatistics,
  perSecond,
} from '../../kernel/ipvs/statistics-sums.ts';

/** What a virtual or real server has counted, from reading to reading. */
export class Counted implements CounterReading {
  perSecond: Statistics | undefined;
  /** The number of the reading that it was seen in last. */
  reading: number;
  #shown: Statistics;
  #readAtMs: number;
  /** What the kernel had counted and shows no more, since the object was made anew. */
  #forgotten = noStatistics;

  constructor(shown: Statistics, reading: number, nowMs: number) {
    this.#shown = shown;
    this.reading = reading;
    this.#readAtMs = nowMs;
  }

  get totals(): Statistics {
    return addStatistics(this.#shown, this.#forgotten);
  }

  /** Takes what the kernel shows now; returns what was counted since the reading before. */
  take(shown: Statistics, reading: number, nowMs: number): Statistics {
    const counted = countedSince(this.#shown, shown);
    if (isLess(shown, this.#shown)) {
      this.#forgotten = addStatistics(this.#forgotten, this.#shown);
    }
    if (counted !== noStatistics) {
      this.#shown = shown;
    }
    this.perSecond =
      nowMs > this.#readAtMs ? perSecond(counted, nowMs - this.#readAtMs) : undefined;
    this.#readAtMs = nowMs;
    this.reading = reading;
    return counted;
  }
}
