import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { KernelDaemon } from '../support/kernel-daemon.ts';
import { emptyKernel, shell } from '../support/kernel-state.ts';
import {
  iptablesModeRules,
  kubeletRules,
  rulesOfOthers,
  type ProxiedCluster,
} from '../support/kube-proxy-rules.ts';
import { nftablesModeRules } from '../support/kube-proxy-nftables.ts';
import { rawNode } from '../support/manifests.ts';
import { patience } from '../support/patience.ts';
import { ofOthers, printRules, rulesIn } from '../support/printed-rules.ts';
import { until } from '../support/until.ts';

const vip = '10.96.0.10';
const fields = { clusterCIDR: '10.244.0.0/16', oomScoreAdj: 0, kubeIpvs: { takeOver: 'auto' } };
/** How long no kube-proxy may have been seen, with the time between two looks. */
const quietMs = 60_000;
const lookEveryMs = 10_000;

const cluster: ProxiedCluster = {
  family: 'IPv4',
  nodeAddresses: ['192.0.2.1'],
  ports: [
    {
      name: 'default/web:http',
      protocol: 'TCP',
      clusterIp: vip,
      port: 80,
      nodePort: 30_080,
      endpoints: ['10.244.1.1:8080'],
    },
  ],
};

describe('with takeOver: auto, what kube-proxy has left in the iptables and nftables modes', function () {
  this.timeout(300_000 * patience);
  this.slow(300_000);
  let folder: TestFolder;
  let daemon: KernelDaemon;
  let kubeProxy: ChildProcess;
  let rulesBefore: string;
  let withKubeProxy: string;
  let goneAt: number;

  before(async () => {
    await emptyKernel();
    folder = new TestFolder();
    folder.write('web.json', [...serviceWith('web', vip, ['10.244.1.1']), rawNode('node-a')]);
    await restore(`${kubeletRules}${rulesOfOthers}`);
    rulesBefore = await otherRules();
    await restore(iptablesModeRules('1.36', cluster));
    await shell(`nft -f - <<'END'\n${nftablesModeRules('1.36', cluster)}END`);
    withKubeProxy = await otherRules();
    assert.notEqual(withKubeProxy, rulesBefore);
    await copyFile('/usr/bin/sleep', '/tmp/kube-proxy');
    kubeProxy = spawn('/tmp/kube-proxy', ['1000'], { stdio: 'ignore' });
    daemon = await KernelDaemon.start(folder.manifests, 'node-a', fields);
  });
  after(async () => {
    kubeProxy.kill();
    await daemon.stop();
    folder.delete();
    await shell(
      'for each in iptables ip6tables; do $each-nft -F; $each-nft -t nat -F; $each-nft -X; $each-nft -t nat -X; done',
    );
    await emptyKernel();
  });

  it('stays as long as a process is named kube-proxy, and the log says so once', async () => {
    await delay(quietMs + 2 * lookEveryMs);
    assert.equal(await otherRules(), withKubeProxy);
    assert.deepEqual(told(/^kube-proxy runs/), [
      `kube-proxy runs on this node (process ${kubeProxy.pid}): what it has made stays until it is gone`,
    ]);
    assert.deepEqual(told(/^removed what kube-proxy/), []);
  });

  it('stays for a minute after that has ended', async () => {
    kubeProxy.kill();
    goneAt = performance.now();
    await delay(quietMs - lookEveryMs);
    assert.equal(await otherRules(), withKubeProxy);
  });

  it('then goes, and nothing of others with it', async () => {
    await until('it is gone', () => told(/^removed what kube-proxy/).length > 0, 4 * lookEveryMs);
    const tookMs = performance.now() - goneAt;
    assert.ok(tookMs >= quietMs, `${tookMs} ms`);
    assert.equal(await otherRules(), rulesBefore);
    console.log(`      gone ${(tookMs / 1000).toFixed(0)} s after the process`);
  });

  it('is told in the log and by an Event on the Node, once', async () => {
    await delay(2 * lookEveryMs);
    const [message, ...others] = told(/^removed what kube-proxy/);
    assert.deepEqual(others, []);
    assert.match(
      message ?? '',
      /^removed what kube-proxy had left \(\d+ objects\): none was seen for a minute$/,
    );
    assert.deepEqual(
      daemon.events
        .filter(({ reason }) => reason === 'KubeProxyRemoved')
        .map(({ regarding, note, type }) => [regarding.kind, regarding.name, type, note]),
      [['Node', 'node-a', 'Normal', message]],
    );
  });

  function told(what: RegExp): readonly string[] {
    return daemon.log.map(({ msg }) => msg).filter((msg) => what.test(msg));
  }
});

/** Those of earlier tests that ran kube-ipvs here may still be there. */
async function otherRules(): Promise<string> {
  return ofOthers(rulesIn(await shell(printRules)));
}

function restore(text: string): Promise<string> {
  return shell(`iptables-nft-restore --noflush <<'END'\n${text}END`);
}
