import assert from 'node:assert/strict';
import { Metrics } from '../../../src/metrics/metrics.ts';

async function textOf(metrics: Metrics): Promise<string> {
  return (await metrics.answer('/metrics'))?.body ?? '';
}

describe('the metrics', () => {
  it("have kube-proxy's names where they mean the same", async () => {
    const text = await textOf(new Metrics());
    for (const name of [
      'kubeproxy_sync_proxy_rules_duration_seconds',
      'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
      'kubeproxy_network_programming_duration_seconds',
      'kubeproxy_proxy_healthz_total',
    ]) {
      assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
    }
  });

  it('tell the time of a change to the kernel in seconds', async () => {
    const metrics = new Metrics();
    metrics.programmed(2, 700);
    const text = await textOf(metrics);
    assert.match(text, /^kube_ipvs_arrival_to_kernel_seconds_sum 0\.002$/m);
    assert.match(text, /^kubeproxy_network_programming_duration_seconds_sum 0\.7$/m);
  });

  it('count rounds by what they went over, refusals, kernel errors and requests', async () => {
    const metrics = new Metrics();
    metrics.round('audit', 3, 10);
    metrics.refused('UnknownScheduler');
    metrics.kernelError('virtual server', 'ENOENT');
    metrics.apiEvent('services', 'watch');
    metrics.healthAnswered('/healthz', 503);
    const text = await textOf(metrics);
    assert.match(text, /^kubeproxy_sync_full_proxy_rules_duration_seconds_count 1$/m);
    assert.match(text, /^kubeproxy_sync_partial_proxy_rules_duration_seconds_count 0$/m);
    assert.match(text, /^kube_ipvs_kernel_changes_total 3$/m);
    assert.match(text, /^kube_ipvs_refused_total\{reason="UnknownScheduler"\} 1$/m);
    assert.match(
      text,
      /^kube_ipvs_kernel_errors_total\{kind="virtual server",errno="ENOENT"\} 1$/m,
    );
    assert.match(text, /^kube_ipvs_api_requests_total\{resource="services",event="watch"\} 1$/m);
    assert.match(text, /^kubeproxy_proxy_healthz_total\{code="503"\} 1$/m);
  });

  it('come with the mode, as with kube-proxy, and with nothing else', async () => {
    const metrics = new Metrics();
    assert.equal((await metrics.answer('/proxyMode'))?.body, 'ipvs');
    assert.equal(await metrics.answer('/'), undefined);
  });
});
