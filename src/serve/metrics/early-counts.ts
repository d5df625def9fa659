import type { Metrics } from './metrics.ts';

/**
 * Keeps what is to be counted before there are metrics. To make these takes as long as all else
 * that the program does before its first request to the API server, and they are read later.
 */
export class EarlyCounts {
  #waiting: ((metrics: Metrics) => void)[] = [];
  #metrics: Metrics | undefined;

  /** Counts now, or once there are metrics. */
  note(count: (metrics: Metrics) => void): void {
    if (this.#metrics === undefined) {
      this.#waiting.push(count);
    } else {
      count(this.#metrics);
    }
  }

  /** The metrics are there. */
  passOn(metrics: Metrics): void {
    this.#metrics = metrics;
    this.#waiting.forEach((count) => {
      count(metrics);
    });
    this.#waiting = [];
  }
}
