import assert from 'node:assert/strict';
import { Metrics } from '../../../../src/serve/metrics/metrics.ts';

describe('the metrics', () => {
  let metrics: Metrics;

  beforeEach(() => {
    metrics = new Metrics();
  });

  for (const [name, type] of [
    ['kubeproxy_sync_proxy_rules_duration_seconds', 'histogram'],
    ['kubeproxy_sync_full_proxy_rules_duration_seconds', 'histogram'],
    ['kubeproxy_sync_partial_proxy_rules_duration_seconds', 'histogram'],
    ['kubeproxy_network_programming_duration_seconds', 'histogram'],
    ['kubeproxy_sync_proxy_rules_last_timestamp_seconds', 'gauge'],
    ['kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', 'gauge'],
    ['kubeproxy_sync_proxy_rules_service_changes_total', 'counter'],
    ['kubeproxy_proxy_healthz_total', 'counter'],
    ['kubeproxy_proxy_livez_total', 'counter'],
    ['process_start_time_seconds', 'gauge'],
  ] as const) {
    it(`hold kube-proxy's ${name}`, async () => {
      assert.ok((await text()).includes(`# TYPE ${name} ${type}\n`));
    });
  }

  it('count an audit as a full sync, in seconds', async () => {
    metrics.round('audit', 3, 1500);
    assert.equal(await value('kubeproxy_sync_proxy_rules_duration_seconds_sum'), 1.5);
    assert.equal(await value('kubeproxy_sync_full_proxy_rules_duration_seconds_sum'), 1.5);
    assert.equal(await value('kubeproxy_sync_partial_proxy_rules_duration_seconds_count'), 0);
    assert.equal(await value('kube_ipvs_kernel_changes_total'), 3);
  });

  it('count a round for changes as a partial sync', async () => {
    metrics.round('changes', 0, 2);
    assert.equal(await value('kubeproxy_sync_proxy_rules_duration_seconds_count'), 1);
    assert.equal(await value('kubeproxy_sync_partial_proxy_rules_duration_seconds_sum'), 0.002);
    assert.equal(await value('kubeproxy_sync_full_proxy_rules_duration_seconds_count'), 0);
  });

  it("have kube-proxy's buckets", async () => {
    assert.deepEqual(
      await buckets('kubeproxy_sync_proxy_rules_duration_seconds'),
      '0.001 0.002 0.004 0.008 0.016 0.032 0.064 0.128 0.256 0.512 1.024 2.048 4.096 8.192 16.384 +Inf'.split(
        ' ',
      ),
    );
    const programming = await buckets('kubeproxy_network_programming_duration_seconds');
    assert.deepEqual(programming.slice(0, 4), ['0.25', '0.5', '1', '2']);
    assert.deepEqual(programming.slice(60, 64), ['59', '60', '65', '70']);
    assert.deepEqual(programming.slice(-8), '115 120 150 180 210 240 270 +Inf'.split(' '));
  });

  it('hold the time of the last sync and of the last change in seconds since 1970', async () => {
    const before = Date.now() / 1000;
    metrics.synced();
    metrics.changed();
    metrics.changed();
    for (const name of ['last_timestamp_seconds', 'last_queued_timestamp_seconds']) {
      const time = await value(`kubeproxy_sync_proxy_rules_${name}`);
      assert.ok(time >= before - 1 && time <= Date.now() / 1000 + 1, `${name} ${time}`);
    }
    assert.equal(await value('kubeproxy_sync_proxy_rules_service_changes_total'), 2);
  });

  it('take a change without a known trigger for its arrival alone', async () => {
    metrics.programmed(20, undefined);
    metrics.programmed(30, 2000);
    assert.equal(await value('kube_ipvs_arrival_to_kernel_seconds_count'), 2);
    assert.equal(await value('kube_ipvs_arrival_to_kernel_seconds_sum'), 0.05);
    assert.equal(await value('kubeproxy_network_programming_duration_seconds_count'), 1);
    assert.equal(await value('kubeproxy_network_programming_duration_seconds_sum'), 2);
  });

  it('count the answers of /healthz and /livez by status, and of no other path', async () => {
    metrics.healthAnswered('/healthz', 200);
    metrics.healthAnswered('/healthz', 503);
    metrics.healthAnswered('/healthz', 503);
    metrics.healthAnswered('/livez', 200);
    for (const path of ['/readyz', '/', 'constructor', '__proto__']) {
      metrics.healthAnswered(path, 200);
    }
    assert.equal(await value('kubeproxy_proxy_healthz_total{code="200"}'), 1);
    assert.equal(await value('kubeproxy_proxy_healthz_total{code="503"}'), 2);
    assert.equal(await value('kubeproxy_proxy_livez_total{code="200"}'), 1);
  });

  it('count what went wrong by its kind', async () => {
    metrics.kernelError('virtual server', 'ENOENT');
    metrics.refused('bad scheduler');
    metrics.apiEvent('services', 'relist');
    const lines = await text();
    for (const line of [
      'kube_ipvs_kernel_errors_total{kind="virtual server",errno="ENOENT"} 1',
      'kube_ipvs_refused_total{reason="bad scheduler"} 1',
      'kube_ipvs_api_requests_total{resource="services",event="relist"} 1',
    ]) {
      assert.ok(lines.includes(`\n${line}\n`), line);
    }
  });

  it('of two instances are apart', async () => {
    new Metrics().changed();
    assert.equal(await value('kubeproxy_sync_proxy_rules_service_changes_total'), 0);
  });

  it('are served in the format of Prometheus', async () => {
    const answer = await metrics.answer('/metrics');
    assert.equal(answer?.status, 200);
    assert.match(answer.headers['Content-Type'] ?? '', /^text\/plain; version=0\.0\.4/);
  });

  it('come with the mode of the proxy, for those who ask kube-proxy for it', async () => {
    assert.deepEqual(await metrics.answer('/proxyMode'), {
      status: 200,
      headers: { 'Content-Type': 'text/plain' },
      body: 'ipvs',
    });
  });

  it('come with no other path', async () => {
    assert.equal(await metrics.answer('/'), undefined);
    assert.equal(await metrics.answer('/metrics/'), undefined);
  });

  async function text(): Promise<string> {
    return (await metrics.answer('/metrics'))?.body ?? '';
  }

  async function value(series: string): Promise<number> {
    const line = (await text()).split('\n').find((each) => each.startsWith(`${series} `));
    assert.ok(line !== undefined, `no ${series}`);
    return Number(line.slice(series.length + 1));
  }

  async function buckets(name: string): Promise<string[]> {
    return [...(await text()).matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"`, 'gm'))].map(
      (match) => match[1] ?? '',
    );
  }
});
