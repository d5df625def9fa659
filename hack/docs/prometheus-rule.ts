import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

const rules = new URL('../../config/monitoring/kube-ipvs.rules.yaml', import.meta.url);

/** config/monitoring/prometheus-operator/prometheus-rule.yaml: the rules as an object of the Operator. */
export function prometheusRule(): string {
  const spec: unknown = parse(readFileSync(rules, 'utf8'));
  return `# Made by \`npm run docs\` from config/monitoring/kube-ipvs.rules.yaml: change that.
${stringify({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'kube-ipvs', namespace: 'kube-system' },
  spec,
})}`;
}
