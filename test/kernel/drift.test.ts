import assert from 'node:assert/strict';
import { TestCluster } from '../support/kernel-cluster.ts';
import { KernelProgram } from '../support/kernel-program.ts';
import { emptyKernel, shell, shownKernel } from '../support/kernel-state.ts';
import { becomes } from '../support/kernel-table.ts';
import { inHost, podAddress } from '../support/network.ts';
import { serviceObjects, vipOf } from '../support/network-services.ts';
import { returnsTo, stateOf } from '../support/network-state.ts';
import { NetworkWorld } from '../support/network-world.ts';

const auditSeconds = 1;
/** The audit itself, and the processes of the repair, which are slow in the test kernel. */
const repairMs = 5000;
/** Far from the next audit, for slow machines; what it took is printed. */
const noticeMs = 20_000;

const objects = [
  ...serviceObjects({
    name: 'web',
    number: 1,
    endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
    spec: { loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:5::/64'] },
  }),
  ...serviceObjects({ name: 'empty', number: 2, endpoints: [] }),
  ...serviceObjects({
    name: 'local',
    number: 3,
    externalPolicy: 'Local',
    endpoints: [{ addresses: podAddress['pod-b2'], nodeName: 'node-b' }],
  }),
];

/** What somebody does by hand, one after the other. */
const mishaps: readonly (readonly [string, string])[] = [
  ['a chain is flushed', 'iptables-legacy -F KIPVS-INPUT'],
  ['chains of all tables are flushed', flushed('iptables-legacy')],
  ['chains of IPv6 are flushed', flushed('ip6tables-legacy')],
  ['a rule is deleted', 'iptables-legacy -t nat -D KIPVS-POSTROUTING 1'],
  ['a jump is deleted', 'iptables-legacy -t nat -D PREROUTING 1'],
  ['the jump of forwarded packets is deleted', 'iptables-legacy -D FORWARD 1'],
  [
    'all jumps are deleted',
    `for t in mangle nat filter; do for c in PREROUTING INPUT FORWARD OUTPUT POSTROUTING; do
       iptables-legacy -t $t -F $c 2>/dev/null || true
     done; done`,
  ],
  ['a set is flushed', 'ipset flush kube-ipvs-external-4'],
  ['an entry of a set is deleted', `ipset del kube-ipvs-vip-6 ${vipOf('cluster IP', 1).IPv6}`],
  ['an entry is added to a set', 'ipset add kube-ipvs-cluster-4 10.96.7.7,tcp:80'],
  [
    'a set is destroyed',
    'iptables-legacy -F KIPVS-INPUT; iptables-legacy -t nat -F KIPVS-SERVICES; ipset destroy kube-ipvs-refused-4',
  ],
  [
    'everything of netfilter is removed',
    `for i in iptables-legacy ip6tables-legacy; do for t in mangle nat filter; do
       $i -t $t -F; $i -t $t -X; done; done
     ipset destroy`,
  ],
  ['a virtual server is deleted', `ipvsadm -D -t ${vipOf('cluster IP', 1).IPv4}:80`],
  ['all virtual servers are deleted', 'ipvsadm -C'],
  [
    'a real server is deleted',
    `ipvsadm -d -t ${vipOf('cluster IP', 1).IPv4}:80 -r ${podAddress['pod-a2'].IPv4}:8080`,
  ],
];

describe('what is changed by hand', function () {
  this.timeout(180_000);
  let world: NetworkWorld;
  let state: string;

  before(async () => {
    world = await NetworkWorld.build({
      objects,
      agents: {},
      configuration: { ipvs: { syncPeriod: `${auditSeconds}s` } },
    });
    state = await stateOf('node-a');
  });
  after(() => world.remove());

  for (const [what, line] of mishaps) {
    it(`is as before within one audit when ${what}`, async () => {
      await world.program().pausedDuring(async () => {
        await inHost('node-a', line);
        assert.ok((await stateOf('node-a')) !== state, 'it made no difference');
      });
      const limitMs = auditSeconds * 1000 + repairMs;
      const ms = await returnsTo(state, () => stateOf('node-a'), limitMs);
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

function flushed(program: string): string {
  return `${program} -t mangle -F KIPVS-OUTPUT
    for c in SERVICES CLOSED POSTROUTING MASQUERADE; do ${program} -t nat -F KIPVS-$c; done
    for c in INPUT FORWARD REFUSE; do ${program} -F KIPVS-$c; done`;
}
