import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import {
  labelNamesOf,
  type DocumentedMetric,
  type MetricDefinition,
  type MetricType,
  type Sample,
} from './definition.ts';

/** Makes the metrics of one program, and remembers what each is. */
export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #documented: DocumentedMetric[] = [];

  /** With those of the process and of Node. */
  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** What was made here, in its order: without those of the process. */
  get documented(): readonly DocumentedMetric[] {
    return this.#documented;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  counter<Label extends string = never>(definition: MetricDefinition<Label>): Counter<Label> {
    this.#documented.push({ ...definition, type: 'counter' });
    return new Counter(this.#configuration(definition));
  }

  gauge<Label extends string = never>(definition: MetricDefinition<Label>): Gauge<Label> {
    this.#documented.push({ ...definition, type: 'gauge' });
    return new Gauge(this.#configuration(definition));
  }

  /** A gauge whose values are read each time that somebody asks; others than these are gone then. */
  gaugeOf<Label extends string = never>(
    definition: MetricDefinition<Label>,
    read: () => readonly Sample<Label>[] | Promise<readonly Sample<Label>[]>,
  ): void {
    this.#documented.push({ ...definition, type: 'gauge' });
    const gauge = new Gauge<Label>({
      ...this.#configuration(definition),
      collect: async () => {
        const samples = await read();
        gauge.reset();
        if (definition.labels === undefined) {
          // One without labels is 0 after a reset: where nothing is known it is to be missing.
          gauge.remove();
        }
        samples.forEach(({ labels, value }) => {
          gauge.set(labels, value);
        });
      },
    });
  }

  histogram<Label extends string = never>(
    definition: MetricDefinition<Label>,
    buckets: readonly number[],
  ): Histogram<Label> {
    this.#documented.push({ ...definition, type: 'histogram' });
    return new Histogram({ ...this.#configuration(definition), buckets: [...buckets] });
  }

  /** Metrics whose text somebody else writes. */
  document(metrics: readonly DocumentedMetric[]): void {
    this.#documented.push(...metrics);
  }

  /** The text of one metric after the other, as Prometheus reads it. */
  async *text(): AsyncGenerator<string> {
    for (const { name } of this.#registry.getMetricsAsArray()) {
      yield `${await this.#registry.getSingleMetricAsString(name)}\n`;
    }
  }

  /** Those of the process and of Node. */
  processMetrics(): readonly DocumentedMetric[] {
    const own = new Set(this.#documented.map(({ name }) => name));
    return this.#registry
      .getMetricsAsArray()
      .filter(({ name }) => !own.has(name))
      .map(({ name, help, type }) => ({ name, help, type: typeOf(String(type)) }));
  }

  #configuration<Label extends string>(
    definition: MetricDefinition<Label>,
  ): {
    name: string;
    help: string;
    labelNames: Label[];
    registers: Registry[];
  } {
    const { name, help } = definition;
    return { name, help, labelNames: [...labelNamesOf(definition)], registers: [this.#registry] };
  }
}

function typeOf(name: string): MetricType {
  return name === 'counter' || name === 'histogram' ? name : 'gauge';
}
