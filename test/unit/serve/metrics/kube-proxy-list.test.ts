import assert from 'node:assert/strict';
import { kubeProxyMetrics } from '../../../../hack/docs/kube-proxy-metrics.ts';
import { Metrics } from '../../../../src/serve/metrics/metrics.ts';

describe("the list of kube-proxy's metrics", () => {
  const { documented, documentedOfProcess } = new Metrics();
  const names = [...documented, ...documentedOfProcess].map(({ name }) => name);

  for (const { name, here } of kubeProxyMetrics) {
    it(`says rightly whether ${name} is here: ${here.kind}`, () => {
      assert.equal(names.includes(name), here.kind === 'yes');
    });
  }

  it('has each of ours that bears a name of kube-proxy', () => {
    const listed = new Set(kubeProxyMetrics.map(({ name }) => name));
    const theirs = names.filter((name) => /^(kubeproxy|rest_client|process)_/.test(name));
    const extra = theirs.filter((name) => !listed.has(name));
    // Those of Prometheus' conventions, which kube-proxy's client has otherwise.
    assert.deepEqual(extra, [
      'process_cpu_user_seconds_total',
      'process_cpu_system_seconds_total',
      'process_heap_bytes',
    ]);
  });
});

describe('the metrics, as they say of themselves,', () => {
  for (const { name, help, type, labels = {} } of new Metrics().documented) {
    it(`${name}: a name that Prometheus' conventions allow, a sentence, and labels that are explained`, () => {
      assert.match(name, /^(kube_ipvs|kubeproxy|rest_client)_[a-z_]+[a-z]$/);
      assert.equal(type === 'counter', name.endsWith('_total') && !name.includes('no_local'));
      assert.match(help, /^[\dA-Z].*\.$/);
      Object.values(labels).forEach((meaning) => {
        assert.ok(meaning.length > 0);
      });
    });
  }
});
