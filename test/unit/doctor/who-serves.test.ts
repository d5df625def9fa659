import assert from 'node:assert/strict';
import { samplesOf } from '../../../src/doctor/metrics-text.ts';
import { shellWord } from '../../../src/doctor/shell-word.ts';
import { whoServes } from '../../../src/kernel/takeover/who-serves.ts';
import { healthAnswer } from '../../../src/serve/health/health-routes.ts';
import { Metrics } from '../../../src/serve/metrics/metrics.ts';
import { answered, kubeProxyServed, serving, wellServed } from '../../support/doctor-readers.ts';

describe('who serves at the addresses of the configuration', () => {
  it('is known by the answers', async () => {
    assert.deepEqual(await whoServes(serving(wellServed)), { kind: 'kube-ipvs' });
    assert.deepEqual(await whoServes(serving(kubeProxyServed)), {
      kind: 'kube-proxy',
      mode: 'iptables',
    });
    assert.deepEqual(await whoServes(serving({})), { kind: 'nobody' });
    assert.deepEqual(await whoServes(serving({ '/healthz': answered('fine') })), {
      kind: 'another program',
      endpoint: 'health',
    });
  });

  it('is kube-ipvs by its health or its metrics alone, as they are made', async () => {
    const state = {
      alive: true,
      ready: false,
      waitingFor: [],
      nodeEligible: true,
      lastSyncAtMs: undefined,
      nowMs: 0,
    };
    const { status = 0, body = '' } = healthAnswer('/readyz', state) ?? {};
    const health = serving({ '/readyz': answered(body, status) });
    assert.deepEqual(await whoServes(health), { kind: 'kube-ipvs' });
    const metrics = new Metrics();
    metrics.problems.refused('ExternalIPRefused');
    const text = await textOf(metrics);
    assert.deepEqual(await whoServes(serving({ '/metrics': answered(text) })), {
      kind: 'kube-ipvs',
    });
    assert.deepEqual(samplesOf(text, 'kube_ipvs_refused_total'), [
      { labels: { reason: 'ExternalIPRefused' }, value: 1 },
    ]);
  });

  it('takes no text of a stranger for a mode', async () => {
    const odd = { ...kubeProxyServed, '/proxyMode': answered('\u001b[31m<b>') };
    assert.deepEqual(await whoServes(serving(odd)), { kind: 'kube-proxy', mode: undefined });
  });
});

async function textOf(metrics: Metrics): Promise<string> {
  let text = '';
  for await (const part of metrics.answer('/metrics')?.body ?? '') {
    text += part;
  }
  return text;
}

describe('samples of a metric', () => {
  it('have labels with what is escaped in them, and leave other metrics out', () => {
    const text = [
      '# HELP a b',
      'a{x="1",y="with \\"quotes\\" and, {braces}"} 3',
      'a 4',
      'ab{x="1"} 5',
      'a{x="1"} none',
    ].join('\n');
    assert.deepEqual(samplesOf(text, 'a'), [
      { labels: { x: '1', y: 'with "quotes" and, {braces}' }, value: 3 },
      { labels: {}, value: 4 },
    ]);
  });
});

describe('a word for a shell', () => {
  it('is in quotes where it is more than a word', () => {
    assert.equal(shellWord('kube-system'), 'kube-system');
    assert.equal(
      shellWord('net/ipv4/conf/eth1.100/rp_filter=2'),
      'net/ipv4/conf/eth1.100/rp_filter=2',
    );
    assert.equal(shellWord('$(reboot)'), "'$(reboot)'");
    assert.equal(shellWord("it's"), "'it'\\''s'");
    assert.equal(shellWord(''), "''");
  });
});
