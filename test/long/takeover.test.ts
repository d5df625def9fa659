import assert from 'node:assert/strict';
import { packetFilterKinds } from '../../src/kernel/packet-filter/packet-filter.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { iptables } from '../support/iptables-variant.ts';
import { inHost } from '../support/network.ts';
import { goldenFolder, goldenNode, loadGoldenCases } from '../support/golden.ts';
import { kubeProxyLeftovers } from '../support/network-leftovers.ts';
import { runOnNode } from '../support/network-program.ts';
import { stateOf } from '../support/network-state.ts';
import { hasFilter } from '../support/packet-filter.ts';
import { NetworkWorld } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';
import { outcomeText, type Flow, type Question } from '../support/traffic.ts';

/** A load balancer of policy Cluster: cluster IP, node port and load-balancer IP. */
const caseName = 'lb-cluster';
/** The Pods that its endpoints are, besides their own addresses. */
const pods = [
  { pod: 'pod-a2', node: 'node-a', range: '10.244.1.' },
  { pod: 'pod-b2', node: 'node-b', range: '10.244.2.' },
] as const;
const clients = ['pod-a1', 'node-a', 'outside'] as const;
const stale = '10.96.99.99';
/**
 * Connections that stay open have ports that the kernel gives to no other connection of that
 * client. IPVS knows an answer by the client's port and the real server alone: one port towards
 * two virtual servers of one real server is one connection too many for it, whoever set it up.
 */
const firstOwnPort = 20_000;

/** So do those that ask all the time, each asker another range: hundreds of random ports meet. */
const firstAskedPort = 21_000;
const portsOfAsker = 900;

describe('taking over from kube-proxy', function () {
  this.timeout(120_000 * patience);
  const golden = loadGoldenCases()?.find(({ name }) => name === caseName);
  let world: NetworkWorld;
  let kubeProxyRules: string;
  let questions: readonly Question[];
  const flows: Flow[] = [];

  before(async function () {
    if (golden === undefined) {
      console.log(`      skipped: there is no ${caseName} in ${goldenFolder}`);
      this.skip();
    }
    world = await NetworkWorld.build({
      objects: [...golden.objects, goldenNode()],
      nodes: [],
      agents: { 'pod-a1': [], 'pod-a2': [], 'pod-b2': [], 'node-a': [], outside: [] },
    });
    const { virtualServers } = golden.expected;
    for (const { address } of virtualServers[0]?.realServers ?? []) {
      await makeEndpoint(address);
    }
    await inHost(
      'node-a',
      `ip link add golden0 type dummy; ip link set golden0 up
       ip addr add 192.0.2.10/24 dev golden0; ip addr add 198.18.0.5/24 dev golden0`,
    );
    await inHost('router', 'ip route add 192.0.2.10 via 172.31.1.10');
    await inHost('node-a', kubeProxyLeftovers(golden.expected, stale));
    kubeProxyRules = await rulesOfKubeProxy();
    questions = virtualServers
      .map((server) => server.address.split(':'))
      .filter(([vip]) => vip !== '198.18.0.5')
      .map(([vip = '', vipPort = '']) => ({
        protocol: 'TCP' as const,
        address: vip,
        port: Number(vipPort),
      }));
    assert.equal(questions.length, 3);
    for (const client of clients) {
      for (const question of questions) {
        const sourcePort = firstOwnPort + flows.length;
        const { outcome, flow } = await world.agent(client).open({ ...question, sourcePort });
        assert.equal(outcome.kind, 'answered', `${client} ${question.address} of kube-proxy`);
        flows.push(flow);
      }
    }
  });
  after(async () => {
    // Where there are no cases there is no network.
    if (golden !== undefined) {
      await world.remove();
    }
  });

  it('breaks no connection and refuses none while it starts', async () => {
    let starting = true;
    const askers = clients.flatMap((client) => questions.map((question) => ({ client, question })));
    const hammering = askers.map(async ({ client, question }, asker) => {
      for (let asked = 0; starting; asked += 1) {
        const sourcePort = firstAskedPort + asker * portsOfAsker + (asked % portsOfAsker);
        await answers(client, { ...question, sourcePort });
        await delay(20);
      }
    });
    await world.startProgram('node-a');
    starting = false;
    await Promise.all(hammering);
    await allGoOn();
  });

  it('serves new connections with both sets of rules in place', async () => {
    await allAnswer();
    assert.equal(await rulesOfKubeProxy(), kubeProxyRules);
  });

  it('takes over the virtual servers and addresses that Services claim, and no others', async () => {
    const rows = await runOnNode('node-a', ['show', '--manifests', world.folder.path]);
    const line = (address: string) =>
      rows.split('\n').find((row) => row.includes(`${address}:80 `)) ?? '';
    const vip = questions.find(({ port }) => port === 80)?.address ?? '';
    assert.notEqual(line(vip), '');
    assert.doesNotMatch(line(vip), /foreign/);
    assert.match(line(stale), /foreign/);
    const addresses = await inHost('node-a', 'ip -o addr show dev kube-ipvs0');
    assert.ok(addresses.includes(`${stale}/32`));
  });

  it("serves them without kube-proxy's rules", async () => {
    await runOnNode('node-a', ['cleanup', '--kube-proxy']);
    assert.equal(await rulesOfKubeProxy(), '');
    assert.doesNotMatch(await inHost('node-a', 'ipset list -n'), /KUBE-/);
    await allGoOn();
    await allAnswer();
  });

  it('leaves to kube-proxy what it has not taken over, when it is cleaned up', async () => {
    await world.program().stop();
    await runOnNode('node-a', ['cleanup']);
    const state = await stateOf('node-a');
    assert.ok(packetFilterKinds.every((kind) => !hasFilter(kind, state)));
    assert.ok(state.includes(`-A -t ${stale}:80 -s rr`));
    assert.ok(state.includes(`inet ${stale}/32`));
  });

  it('gives back: what kube-proxy then writes serves again', async () => {
    assert.ok(golden);
    await inHost('node-a', 'ipvsadm -C; ip link delete kube-ipvs0');
    await inHost('node-a', kubeProxyLeftovers(golden.expected, stale));
    await allAnswer();
  });

  async function makeEndpoint(text: string): Promise<void> {
    const [address = '', port = ''] = text.split(':');
    const place = pods.find(({ range }) => address.startsWith(range));
    assert.ok(place, `a Pod for ${address}`);
    const { pod, node } = place;
    await inHost(pod, `ip addr add ${address}/32 dev eth0`);
    await inHost(node, `ip route replace ${address}/32 dev ${pod}`);
    await world.agent(pod).listen({ protocol: 'TCP', address, port: Number(port), name: pod });
  }

  async function allGoOn(): Promise<void> {
    for (const flow of flows) {
      assert.equal((await flow.again()).kind, 'answered');
    }
  }

  async function allAnswer(): Promise<void> {
    for (const client of clients) {
      for (const question of questions) {
        await answers(client, question);
      }
    }
  }

  /** As with policy Cluster: a Pod's own address at the cluster IP, else the node's. */
  async function answers(client: (typeof clients)[number], question: Question): Promise<void> {
    const outcome = await world.agent(client).ask(question);
    assert.equal(outcome.kind, 'answered', `${client} ${question.address}`);
    const isOwn = client === 'pod-a1' && question.address.startsWith('10.96.');
    assert.match(
      outcomeText(outcome),
      isOwn ? /saw 10\.244\.1\.11$/ : /saw (10\.244\.1\.1|192\.0\.2\.10|172\.31\.1\.10)$/,
      `${client} ${question.address}`,
    );
  }
});

function rulesOfKubeProxy(): Promise<string> {
  return inHost('node-a', `${iptables}-save | { grep KUBE- || true; }`);
}
