import assert from 'node:assert/strict';
import { scraped } from '../../../support/scraped.ts';
import type { ServiceProblemReason } from '../../../../src/translate/service-problem.ts';
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
    metrics.rounds.ended('audit', { applied: 3, drifted: [] }, 1500);
    assert.equal(await value('kubeproxy_sync_proxy_rules_duration_seconds_sum'), 1.5);
    assert.equal(await value('kubeproxy_sync_full_proxy_rules_duration_seconds_sum'), 1.5);
    assert.equal(await value('kubeproxy_sync_partial_proxy_rules_duration_seconds_count'), 0);
    assert.equal(await value('kube_ipvs_kernel_changes_total'), 3);
  });

  it('count a round for changes as a partial sync', async () => {
    metrics.rounds.ended('changes', { applied: 0, drifted: [] }, 2);
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
    metrics.rounds.synced();
    metrics.changes.arrived('Service');
    metrics.changes.arrived('Service');
    for (const name of ['last_timestamp_seconds', 'last_queued_timestamp_seconds']) {
      const time = await value(`kubeproxy_sync_proxy_rules_${name}`);
      assert.ok(time >= before - 1 && time <= Date.now() / 1000 + 1, `${name} ${time}`);
    }
    assert.equal(await value('kubeproxy_sync_proxy_rules_service_changes_total'), 2);
  });

  it('take a change without a known trigger for its arrival alone', async () => {
    metrics.changes.programmed(20, undefined);
    metrics.changes.programmed(30, 2000);
    assert.equal(await value('kube_ipvs_arrival_to_kernel_seconds_count'), 2);
    assert.equal(await value('kube_ipvs_arrival_to_kernel_seconds_sum'), 0.05);
    assert.equal(await value('kubeproxy_network_programming_duration_seconds_count'), 1);
    assert.equal(await value('kubeproxy_network_programming_duration_seconds_sum'), 2);
  });

  it('count the answers of /healthz and /livez by status, and of no other path', async () => {
    metrics.health.answered('/healthz', 200);
    metrics.health.answered('/healthz', 503);
    metrics.health.answered('/healthz', 503);
    metrics.health.answered('/livez', 200);
    for (const path of ['/readyz', '/', 'constructor', '__proto__']) {
      metrics.health.answered(path, 200);
    }
    assert.equal(await value('kubeproxy_proxy_healthz_total{code="200"}'), 1);
    assert.equal(await value('kubeproxy_proxy_healthz_total{code="503"}'), 2);
    assert.equal(await value('kubeproxy_proxy_livez_total{code="200"}'), 1);
  });

  it('count what went wrong by its kind', async () => {
    metrics.kernel.failed('virtual server', 'ENOENT');
    metrics.problems.refused('bad scheduler');
    metrics.api.event('services', 'relist');
    const lines = await text();
    for (const line of [
      'kube_ipvs_kernel_errors_total{kind="virtual server",errno="ENOENT"} 1',
      'kube_ipvs_refused_total{reason="bad scheduler"} 1',
      'kube_ipvs_api_requests_total{resource="services",event="relist"} 1',
    ]) {
      assert.ok(lines.includes(`\n${line}\n`), line);
    }
  });

  it('count drift by the kind of object', async () => {
    const drifted = ['a', 'b'].map((key) => ({ kind: 'bound address', key }));
    metrics.rounds.ended('audit', { applied: 2, drifted }, 1);
    metrics.rounds.packetFilterGone();
    assert.equal(await value('kube_ipvs_drift_mended_total{kind="bound address"}'), 2);
    assert.equal(await value('kube_ipvs_drift_mended_total{kind="packet filter"}'), 1);
  });

  it('say what lasts at the moment when somebody asks', async () => {
    const problems = new Map<ServiceProblemReason, number>([['AddressConflict', 2]]);
    const withoutLocalEndpoints = { internal: 0, external: 1 };
    metrics.problems.watch({ problems, withoutLocalEndpoints });
    const conflicts = 'kube_ipvs_services_with_problem{reason="AddressConflict",effect="conflict"}';
    assert.equal(await value(conflicts), 2);
    const fallbacks =
      'kube_ipvs_services_with_problem{reason="SchedulerMissing",effect="fallback"}';
    assert.equal(await value(fallbacks), 0);
    problems.clear();
    assert.equal(await value(conflicts), 0);
    assert.equal(
      await value('kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy="external"}'),
      1,
    );
  });

  it('name a part of the kernel only while it fails', async () => {
    const health = { ready: true, alive: false, failingParts: ['the kernel'] };
    metrics.health.watch(health);
    assert.equal(await value('kube_ipvs_failing_kernel_parts{part="the kernel"}'), 1);
    assert.equal(await value('kube_ipvs_ready'), 1);
    assert.equal(await value('kube_ipvs_alive'), 0);
    health.failingParts = [];
    assert.doesNotMatch(await text(), /^kube_ipvs_failing_kernel_parts/m);
  });

  it('have each foundation in one state, and each kind of object', async () => {
    metrics.kernel.watch({
      kinds: ['virtual server', 'bound address'],
      failingKinds: ['bound address', 'bound address'],
      foundations: [['masquerade IPv4', 'waiting']],
      packetFilter: 'iptables',
      draining: 3,
      foreignVirtualServers: 4,
    });
    for (const [series, expected] of [
      ['kube_ipvs_foundation{foundation="masquerade IPv4",state="in place"}', 0],
      ['kube_ipvs_foundation{foundation="masquerade IPv4",state="waiting"}', 1],
      ['kube_ipvs_foundation{foundation="masquerade IPv4",state="impossible"}', 0],
      ['kube_ipvs_failing_objects{kind="virtual server"}', 0],
      ['kube_ipvs_failing_objects{kind="bound address"}', 2],
      ['kube_ipvs_packet_filter_info{filter="iptables"}', 1],
      ['kube_ipvs_draining_real_servers', 3],
      ['kube_ipvs_foreign_virtual_servers', 4],
    ] as const) {
      assert.equal(await value(series), expected, series);
    }
  });

  it('say how full the conntrack table is, where the kernel says it', async () => {
    let usage: { entries: number; limit: number } | undefined = { entries: 5, limit: 10 };
    metrics.conntrack.watch({ usage: () => usage });
    assert.equal(await value('kube_ipvs_conntrack_entries'), 5);
    assert.equal(await value('kube_ipvs_conntrack_entries_limit'), 10);
    usage = undefined;
    assert.doesNotMatch(await text(), /^kube_ipvs_conntrack_entries /m);
  });

  it('say whether the API server answers, and with what', async () => {
    metrics.api.connected('services', false);
    assert.equal(await value('kube_ipvs_api_connected{resource="services"}'), 0);
    metrics.api.answered('10.0.0.1:6443', 'GET', 'none');
    const requests = 'rest_client_requests_total{code="<error>",method="GET",host="10.0.0.1:6443"}';
    assert.equal(await value(requests), 1);
  });

  it('hold how long the event loop was kept from its work', async () => {
    assert.match(await text(), /^nodejs_eventloop_lag_p99_seconds \d/m);
  });

  it('of two instances are apart', async () => {
    new Metrics().changes.arrived('Service');
    assert.equal(await value('kubeproxy_sync_proxy_rules_service_changes_total'), 0);
  });

  it('are served in the format of Prometheus', () => {
    const answer = metrics.answer('/metrics');
    assert.equal(answer?.status, 200);
    assert.match(answer.headers['Content-Type'] ?? '', /^text\/plain; version=0\.0\.4/);
  });

  it('come with the mode of the proxy, for those who ask kube-proxy for it', () => {
    assert.deepEqual(metrics.answer('/proxyMode'), {
      status: 200,
      headers: { 'Content-Type': 'text/plain' },
      body: 'ipvs',
    });
  });

  it('come with no other path', () => {
    assert.equal(metrics.answer('/'), undefined);
    assert.equal(metrics.answer('/metrics/'), undefined);
  });

  function text(): Promise<string> {
    return scraped(metrics);
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
