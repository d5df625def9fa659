import { WorkInParts } from '../../base/work-in-parts.ts';
import type { CounterBook } from '../../inspect/statistics/counter-book.ts';
import type { Answer } from '../http/http-endpoint.ts';
import type { DocumentedMetric } from './definition.ts';
import { apiMetrics } from './groups/api.ts';
import { buildMetrics } from './groups/build.ts';
import { changeMetrics } from './groups/changes.ts';
import { conntrackMetrics } from './groups/conntrack.ts';
import { counterMetrics } from './groups/counters.ts';
import { healthMetrics } from './groups/health.ts';
import { kernelMetrics } from './groups/kernel-objects.ts';
import { limitMetrics } from './groups/limits.ts';
import { outlierMetrics } from './groups/outliers.ts';
import { problemMetrics } from './groups/problems.ts';
import { roundMetrics } from './groups/rounds.ts';
import { MetricRegistry } from './metric-registry.ts';
import { serviceSeries, serviceSeriesMetrics } from './service-series.ts';

/** A metric that takes its text from the registry costs some tens of microseconds. */
const smallItemsPerMetric = 25;

/**
 * The metrics of this program, as Prometheus reads them. A file of `groups/` has those of one subject,
 * and a line here makes them; docs/metrics.md is made from what they say of themselves.
 */
export class Metrics {
  readonly #registry = new MetricRegistry();
  readonly rounds = roundMetrics(this.#registry);
  readonly changes = changeMetrics(this.#registry);
  readonly health = healthMetrics(this.#registry);
  readonly problems = problemMetrics(this.#registry);
  readonly kernel = kernelMetrics(this.#registry);
  readonly outliers = outlierMetrics(this.#registry);
  readonly limits = limitMetrics(this.#registry);
  readonly api = apiMetrics(this.#registry);
  readonly conntrack = conntrackMetrics(this.#registry);
  readonly counters = counterMetrics(this.#registry);
  #book: CounterBook | undefined;

  constructor() {
    buildMetrics(this.#registry);
    this.#registry.document(serviceSeriesMetrics);
  }

  /** The metrics of this program, in the order of their subjects. */
  get documented(): readonly DocumentedMetric[] {
    return this.#registry.documented;
  }

  /** Those of the process and of Node. */
  get documentedOfProcess(): readonly DocumentedMetric[] {
    return this.#registry.processMetrics();
  }

  /** Services have series from now on, by what a book holds of them. */
  serveCounters(book: CounterBook): void {
    this.#book = book;
    this.counters.watch(book);
  }

  /** What is served at the metrics address: `/metrics`, and `/proxyMode` as with kube-proxy. */
  answer(path: string): Answer | undefined {
    switch (path) {
      case '/metrics':
        return {
          status: 200,
          headers: { 'Content-Type': this.#registry.contentType },
          body: this.#text(),
        };
      case '/proxyMode':
        return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: 'ipvs' };
      default:
        return undefined;
    }
  }

  async *#text(): AsyncGenerator<string> {
    const parts = new WorkInParts();
    for await (const text of this.#registry.text()) {
      yield text;
      if (parts.isOver(smallItemsPerMetric)) {
        await parts.pause();
      }
    }
    if (this.#book !== undefined) {
      yield* serviceSeries(this.#book);
    }
  }
}
