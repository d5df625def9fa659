export type MetricType = 'counter' | 'gauge' | 'histogram';

/** What a metric is: how Prometheus knows it, and what docs/metrics.md says of it. */
export interface MetricDefinition<Label extends string = string> {
  /** kube-proxy's where it begins with `kubeproxy_` or `rest_client_`: its meaning is kube-proxy's, too. */
  readonly name: string;
  /** A sentence, without its unit where the name has it. */
  readonly help: string;
  /** What each label says. */
  readonly labels?: Readonly<Record<Label, string>>;
}

/** A definition with its type, for the documentation. */
export interface DocumentedMetric extends MetricDefinition {
  readonly type: MetricType;
}

/** One value of a gauge that is read when somebody asks. */
export interface Sample<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
}

/** The names of the labels of a definition. */
export function labelNamesOf<Label extends string>({
  labels,
}: MetricDefinition<Label>): readonly Label[] {
  // The keys of a record are of the type of its keys.
  return Object.keys(labels ?? {}) as Label[];
}
