import assert from 'node:assert/strict';
import { Metrics } from '../../../src/serve/metrics/metrics.ts';
import { alertRules, dashboardPanels, dashboardQueries } from '../../support/monitoring.ts';

const { documented, documentedOfProcess } = new Metrics();
const labelsOf = new Map(
  [...documented, ...documentedOfProcess].flatMap(({ name, type, labels = {} }) => {
    const own = new Set(['job', 'instance', ...Object.keys(labels)]);
    return type === 'histogram'
      ? [[`${name}_bucket`, new Set([...own, 'le'])] as const]
      : [[name, own] as const];
  }),
);

/** The metrics of a query, each with the labels that it is chosen by. */
function metricsIn(query: string): readonly (readonly [name: string, labels: readonly string[]])[] {
  const pattern = /\b((?:kube_ipvs|kubeproxy|rest_client|nodejs|process)_\w+)(?:\{([^}]*)\})?/g;
  return Array.from(query.matchAll(pattern), ([, name = '', selector = '']) => [
    name,
    Array.from(selector.matchAll(/(\w+)(?:=|!)/g), ([, label = '']) => label),
  ]);
}

const queries = [
  ...alertRules().map(({ alert, expr }) => [alert, expr] as const),
  ...dashboardQueries(),
];

describe('what the alert rules and the dashboard ask for', () => {
  for (const [where, query] of queries) {
    it(`exists: ${where}`, () => {
      const metrics = metricsIn(query);
      assert.ok(metrics.length > 0, query);
      for (const [name, labels] of metrics) {
        const known = labelsOf.get(name);
        assert.ok(known, `there is no ${name}`);
        labels.forEach((label) => {
          assert.ok(known.has(label), `${name} has no label ${label}`);
        });
      }
    });
  }

  it('is, by the alert rules, each metric that is named in their words', () => {
    for (const { alert, annotations } of alertRules()) {
      for (const [name] of metricsIn(annotations.description)) {
        assert.ok(labelsOf.has(name), `${alert} names ${name}`);
      }
    }
  });
});

describe('the dashboard', () => {
  it('has no panel over another one, nor beyond the edge', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboardPanels()) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.equal(taken.get(`${x} ${y}`), undefined, `${title} at ${x} ${y}`);
          taken.set(`${x} ${y}`, title);
        }
      }
    }
  });
});
