import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { PacketFilterKind } from '../../src/kernel/packet-filter/packet-filter.ts';
import { ip6tables, iptables } from '../support/iptables-variant.ts';
import { families, inHost, nodeAddress, podAddress } from '../support/network.ts';
import { nodePortOf, serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { runOnNode } from '../support/network-program.ts';
import { stateOf } from '../support/network-state.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { hasFilter } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import { SteadyRequests } from '../support/table-of-others.ts';
import type { Flow, Question } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const questions: readonly Question[] = families.flatMap((family) => [
  { protocol: 'TCP', address: vipOf('cluster IP', 1)[family], port: servicePort },
  { protocol: 'TCP', address: vipOf('load-balancer IP', 1)[family], port: servicePort },
  { protocol: 'TCP', address: nodeAddress['node-a'][family], port: nodePortOf(1, 'TCP') },
]);

/**
 * Kept connections have ports that the kernel gives to no other one: IPVS knows an answer by the client's port and
 * the real server alone.
 */
const firstOwnPort = 20_000;

/** Of others, which no switch and no cleanup may touch. */
const foreign = `
  ${iptables} -t nat -N KIPVS-LIKE; ${iptables} -t nat -A OUTPUT -m mark --mark 0x77 -j KIPVS-LIKE
  ${ip6tables} -A INPUT -p tcp --dport 1 -j DROP
  ipset create kube-ipvs-like hash:ip; ipset add kube-ipvs-like 192.0.2.1
  nft add table inet others`;

describe('a change of the packet filter, at a restart', function () {
  this.timeout(120_000 * patience);
  let world: NetworkWorld;
  let stateBefore: string;
  const flows: Flow[] = [];

  before(async () => {
    world = await NetworkWorld.build({
      objects: serviceObjects({
        name: 'web',
        number: 1,
        endpoints: [{ addresses: podAddress['pod-b2'], nodeName: 'node-b' }],
      }),
      nodes: [],
      agents: { outside: [], 'pod-b2': endpointListeners(podAddress['pod-b2']) },
    });
    await inHost('node-a', foreign);
    stateBefore = await stateOf('node-a');
    await start('iptables');
    for (const question of questions) {
      const sourcePort = firstOwnPort + flows.length;
      const { outcome, flow } = await world.agent('outside').open({ ...question, sourcePort });
      assert.equal(outcome.kind, 'answered', question.address);
      flows.push(flow);
    }
  });
  after(() => world.remove());

  for (const [from, to] of [
    ['iptables', 'nftables'],
    ['nftables', 'iptables'],
  ] as const) {
    it(`from ${from} to ${to} loses no request, and takes away what ${from} had`, async () => {
      assert.ok(hasFilter(from, await stateOf('node-a')));
      const load = await SteadyRequests.start('outside', questions);
      await delay(500 * patience);
      await start(to);
      await until(`${from} is gone`, async () => !hasFilter(from, await stateOf('node-a')), 30_000);
      await delay(500 * patience);
      const { answered, lost } = await load.stop();
      console.log(`      ${answered} new connections meanwhile`);
      assert.deepEqual(lost, {});
      for (const flow of flows) {
        assert.equal((await flow.again()).kind, 'answered');
      }
      const state = await stateOf('node-a');
      assert.ok(hasFilter(to, state));
      assert.deepEqual(missingOf(stateBefore, state), [], 'of others');
      assert.deepEqual(world.program().complaints, []);
      assert.ok(
        world
          .program()
          .messages.includes(`removed the packet filter ${from}, which an earlier run had left`),
      );
    });
  }

  it('leaves both, one after the other, to a cleanup, which takes nothing else', async () => {
    // As a run that was killed between the two would leave them.
    await world.program().kill();
    const ofIptables = await stateOf('node-a');
    assert.ok(hasFilter('iptables', ofIptables));
    await inHost('node-a', 'nft add table inet kube-ipvs');
    assert.ok(hasFilter('nftables', await stateOf('node-a')));
    await runOnNode('node-a', ['cleanup']);
    assert.equal(await stateOf('node-a'), stateBefore);
    await start('nftables');
    assert.ok(hasFilter('nftables', await stateOf('node-a')));
    await world.program().stop();
    await runOnNode('node-a', ['cleanup']);
    assert.equal(await stateOf('node-a'), stateBefore);
    assert.match(await inHost('node-a', 'nft list tables'), /table inet others/);
  });

  describe('where nobody says which', () => {
    for (const [what, policies, expected, why] of [
      ['nothing speaks against it', '', 'nftables', /it is faster/],
      ['INPUT drops', `${iptables} -P INPUT DROP`, 'iptables', /policy of INPUT in iptables-nft/],
      [
        'FORWARD of IPv6 drops',
        `${ip6tables} -P FORWARD DROP`,
        'iptables',
        /policy of FORWARD in ip6tables-nft/,
      ],
    ] as const satisfies readonly (readonly [string, string, PacketFilterKind, RegExp])[]) {
      it(`is ${expected} where ${what}, and says why in one line`, async () => {
        await inHost(
          'node-a',
          `for i in ${iptables} ${ip6tables}; do
             for c in INPUT FORWARD; do $i -P $c ACCEPT; done; done
           ${policies}`,
        );
        await start('auto');
        const lines = world.program().messages.filter((text) => /^packet filter \w+: /.test(text));
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.ok(lines[0]?.startsWith(`packet filter ${expected}: `), lines[0]);
        assert.match(lines[0] ?? '', why);
        await until('that is there alone', async () => {
          const state = await stateOf('node-a');
          return (
            hasFilter(expected, state) &&
            !hasFilter(expected === 'iptables' ? 'nftables' : 'iptables', state)
          );
        });
      });
    }
  });

  async function start(kind: PacketFilterKind | 'auto'): Promise<void> {
    await world.startProgram('node-a', {}, { KUBE_IPVS_PACKET_FILTER: kind });
  }
});

function missingOf(before: string, after: string): readonly string[] {
  const lines = new Set(after.split('\n'));
  return before.split('\n').filter((line) => !lines.has(line));
}
