import assert from 'node:assert/strict';
import {
  judgeKubeProxy,
  type AskedServers,
} from '../../../../src/kernel/takeover/kube-proxy-seen.ts';
import type { ServedReading } from '../../../../src/kernel/takeover/readings.ts';
import {
  closed,
  kubeProxyServed,
  processesNamed,
  wellServed,
} from '../../../support/doctor-readers.ts';

/** What answers at two ports, by path. */
function servers(
  health: Readonly<Record<string, ServedReading>>,
  metrics: Readonly<Record<string, ServedReading>>,
  port = 10_256,
): AskedServers {
  return {
    addresses: {
      health: { host: '127.0.0.1', port },
      metrics: { host: '127.0.0.1', port: 10_249 },
    },
    answers: {
      readyz: health['/readyz'] ?? closed,
      healthz: health['/healthz'] ?? closed,
      metrics: metrics['/metrics'] ?? closed,
      proxyMode: metrics['/proxyMode'] ?? closed,
    },
  };
}

async function judged(
  names: readonly string[],
  asked: readonly AskedServers[],
  seesHost = true,
): Promise<string> {
  const seen = judgeKubeProxy(await processesNamed(names, seesHost).processes(), asked);
  return seen.kind === 'runs' ? seen.how : `not seen, certain: ${seen.isCertain}`;
}

describe('whether a kube-proxy runs', () => {
  const own = servers(wellServed, wellServed);

  it('is told by its process', async () => {
    assert.equal(await judged(['systemd', 'kube-proxy'], [own]), 'process 101');
    assert.equal(await judged(['systemd', 'node'], [own]), 'not seen, certain: true');
  });

  it('is told by what answers, where it is a part of another program', async () => {
    const inK3s = servers(kubeProxyServed, kubeProxyServed);
    assert.equal(
      await judged(['k3s'], [inK3s]),
      'it answers at port 10256 and 10249 (mode iptables)',
    );
  });

  it('is told by one port that it had before kube-ipvs', async () => {
    assert.equal(
      await judged([], [servers(wellServed, kubeProxyServed)]),
      'it answers at port 10249 (mode iptables)',
    );
    assert.equal(
      await judged([], [servers(kubeProxyServed, wellServed)]),
      'it answers at port 10256',
    );
  });

  it('is told by its usual ports where kube-ipvs has others, each once', async () => {
    const elsewhere = servers(wellServed, wellServed, 11_256);
    const usual = servers(kubeProxyServed, {});
    assert.equal(await judged([], [elsewhere, usual]), 'it answers at port 10256');
    assert.equal(await judged([], [usual, usual]), 'it answers at port 10256');
  });

  it('is not certain in a container, which does not see the processes of the node', async () => {
    assert.equal(await judged(['node'], [own], false), 'not seen, certain: false');
  });
});
