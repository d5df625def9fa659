import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { configFolder } from '../../support/deployed.ts';
import { alertRules, rulesFile } from '../../support/monitoring.ts';
import { fetchLimitMs, prometheusFolder, promtool } from '../../support/prometheus.ts';
import { richMetrics } from '../../support/rich-metrics.ts';
import { scraped } from '../../support/scraped.ts';

const alertTests = join(import.meta.dirname, 'alerts.test.yaml');

/** Names of kube-proxy and of Node that promtool dislikes. */
const disliked = [
  'kubeproxy_sync_proxy_rules_no_local_endpoints_total non-counter metrics should not have "_total" suffix',
  'nodejs_active_handles_total non-counter metrics should not have "_total" suffix',
  'nodejs_active_requests_total non-counter metrics should not have "_total" suffix',
  'nodejs_active_resources_total non-counter metrics should not have "_total" suffix',
];

describe('by promtool', () => {
  let folder: string;

  before(function () {
    this.timeout(fetchLimitMs);
    const found = prometheusFolder();
    if (found === undefined) {
      this.skip();
    }
    folder = found;
  });

  it('the alert rules are well formed', function () {
    this.timeout(120_000);
    promtool(folder, ['check', 'rules', rulesFile]);
  });

  it('the alert rules fire where they should, with words that make sense, and nowhere else', function () {
    this.timeout(120_000);
    promtool(folder, ['test', 'rules', alertTests]);
  });

  it('the scrape configuration is one, but for what finds the Pods', function () {
    this.timeout(120_000);
    // Debian's Prometheus is built without what asks Kubernetes.
    const job = readFileSync(join(configFolder, 'monitoring/scrape-config.yaml'), 'utf8').replace(
      /kubernetes_sd_configs:[^]*?\s+(?=relabel_configs)/,
      'static_configs: []\n  ',
    );
    const config = join(mkdtempSync(join(tmpdir(), 'kube-ipvs-promtool-')), 'prometheus.yml');
    writeFileSync(config, `scrape_configs:\n${job}`);
    try {
      promtool(folder, ['check', 'config', config]);
    } finally {
      rmSync(dirname(config), { recursive: true });
    }
  });

  it('all that is scraped is well formed', async function () {
    this.timeout(120_000);
    const text = await scraped(await richMetrics());
    const complaints = complaintsOf(() => promtool(folder, ['check', 'metrics'], text));
    assert.deepEqual(complaints.toSorted(), disliked);
  });
});

describe('the tests of the alert rules', () => {
  it('see each of them fire, and each of them silent', () => {
    interface Case {
      readonly alert_rule_test: readonly {
        readonly alertname: string;
        readonly exp_alerts?: readonly unknown[];
      }[];
    }
    // promtool holds the file to its form.
    const { tests } = parse(readFileSync(alertTests, 'utf8')) as { tests: readonly Case[] };
    const cases = tests.flatMap((one) => one.alert_rule_test);
    const names = (isFiring: boolean) =>
      new Set(
        cases
          .filter(({ exp_alerts: expected = [] }) => expected.length > 0 === isFiring)
          .map(({ alertname }) => alertname),
      );
    const all = new Set(alertRules().map(({ alert }) => alert));
    assert.deepEqual(names(true), all);
    assert.deepEqual(names(false), all);
  });
});

/** The lines that promtool complains with. */
function complaintsOf(check: () => string): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    const { stderr } = error as { stderr: string }; // execFileSync's error has it
    return stderr.split('\n').filter((line) => line !== '');
  }
}
