import assert from 'node:assert/strict';
import { TestCluster } from '../support/kernel-cluster.ts';
import { KernelProgram } from '../support/kernel-program.ts';
import { emptyKernel, shell, shownKernel } from '../support/kernel-state.ts';
import { becomes } from '../support/kernel-table.ts';
import { mishapObjects, mishaps } from '../support/mishaps.ts';
import { inHost } from '../support/network.ts';
import { vipOf } from '../support/network-services.ts';
import { returnsTo, stateOf } from '../support/network-state.ts';
import { NetworkWorld } from '../support/network-world.ts';

const auditMs = 400;
/** The audit itself, and the processes of the repair, which are slow in the test kernel. */
const repairMs = 6000;
/** Far from the next audit, for slow machines; what it took is printed. */
const noticeMs = 20_000;

describe('what is changed by hand', function () {
  this.timeout(180_000);
  let world: NetworkWorld;
  let state: string;

  before(async () => {
    world = await NetworkWorld.build({
      objects: mishapObjects,
      agents: {},
      configuration: { ipvs: { syncPeriod: `${auditMs}ms` } },
    });
    state = await stateOf('node-a');
  });
  after(() => world.remove());

  for (const [what, line] of Object.entries(mishaps)) {
    it(`is as before within one audit when ${what}`, async () => {
      await world.program().pausedDuring(async () => {
        await inHost('node-a', line);
        assert.ok((await stateOf('node-a')) !== state, 'it made no difference');
      });
      const ms = await returnsTo(state, () => stateOf('node-a'), auditMs + repairMs);
      console.log(`      ${what}: as before after ${(ms / 1000).toFixed(1)} s`);
    });
  }
});

describe('what is changed by hand where the kernel notifies', () => {
  const addresses = () =>
    shell('ip -o addr show dev kube-ipvs0 | sed "s/^[0-9]*: //" | sort').catch(String);
  const vip = vipOf('cluster IP', 1);
  let program: KernelProgram;
  let intact: string;

  before(async () => {
    await emptyKernel();
    const cluster = new TestCluster();
    const clusterIPs = [vip.IPv4, vip.IPv6];
    cluster.putService('web', { clusterIP: vip.IPv4, spec: { clusterIPs } });
    // With audits so rare that none comes meanwhile.
    program = await KernelProgram.start(cluster.store, { auditEveryMs: 300_000 });
    const bound = async () => (await shownKernel()).boundAddresses.length;
    await becomes(bound, clusterIPs.length);
    intact = await addresses();
  });
  after(async () => {
    await program.stop();
    await emptyKernel();
  });

  for (const [what, line] of [
    ['an IPv4 address is deleted', `ip addr del ${vip.IPv4}/32 dev kube-ipvs0`],
    ['an IPv6 address is deleted', `ip addr del ${vip.IPv6}/128 dev kube-ipvs0`],
    ['all addresses are deleted', 'ip addr flush dev kube-ipvs0'],
    ['the link is deleted', 'ip link delete kube-ipvs0'],
  ] as const) {
    it(`is as before without an audit when ${what}`, async () => {
      const startedAt = performance.now();
      await shell(line);
      await returnsTo(intact, addresses, noticeMs);
      const ms = Math.round(performance.now() - startedAt);
      console.log(`      ${what}: as before ${ms} ms after the command was started`);
    });
  }
});
