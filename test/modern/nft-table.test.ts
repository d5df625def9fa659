import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { shell } from '../support/kernel-state.ts';
import { ip6tables, iptables } from '../support/iptables-variant.ts';
import { families, inHost, nodeAddress, podAddress } from '../support/network.ts';
import { nodePortOf, serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { returnsTo, stateOf } from '../support/network-state.ts';
import { runOnNode } from '../support/network-program.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { nftTable, packetFilter } from '../support/packet-filter.ts';
import { patience } from '../support/patience.ts';
import {
  isOwned,
  makeOpenTable,
  reloadOfOthers,
  SteadyRequests,
} from '../support/table-of-others.ts';
import type { Flow, Question } from '../support/traffic.ts';

const auditSeconds = 2;
/** The watch looks twice a second; what it then does takes its time in a slow kernel. */
const noticeMs = 5000;
const auditMs = 12_000;

const objects = serviceObjects({
  name: 'web',
  number: 1,
  endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
  spec: { loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:5::/64'] },
});

const questions: readonly Question[] = families.flatMap((family) => [
  { protocol: 'TCP', address: vipOf('load-balancer IP', 1)[family], port: servicePort },
  { protocol: 'TCP', address: nodeAddress['node-a'][family], port: nodePortOf(1, 'TCP') },
]);

/**
 * Kept connections have ports that the kernel gives to no other one: IPVS knows an answer by the client's port and
 * the real server alone.
 */
const firstOwnPort = 20_000;

/** With `ip` (iproute2) and nothing else: no program named iptables, ipset or nft. */
async function barePath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-ipvs-path-'));
  await symlink((await shell('command -v ip')).trim(), join(folder, 'ip'));
  return folder;
}

describe('the table of nf_tables, among others who work at it', function () {
  this.timeout(120_000 * patience);
  let world: NetworkWorld;
  let state: string;
  let path: string;
  const flows: Flow[] = [];
  let opened = 0;

  before(async function () {
    if (packetFilter !== 'nftables') {
      this.skip();
    }
    path = await barePath();
    world = await NetworkWorld.build({
      objects,
      nodes: [],
      agents: { outside: [], 'pod-a2': endpointListeners(podAddress['pod-a2']) },
    });
  });
  after(async () => {
    if (packetFilter === 'nftables') {
      await world.remove();
      await rm(path, { recursive: true });
    }
  });

  async function start(): Promise<void> {
    await world.startProgram(
      'node-a',
      { ipvs: { syncPeriod: `${auditSeconds}s` } },
      { PATH: path, KUBE_IPVS_PACKET_FILTER: 'auto' },
    );
  }

  async function openFlows(): Promise<void> {
    flows.length = 0;
    for (const question of questions) {
      opened += 1;
      const sourcePort = firstOwnPort + opened;
      const { outcome, flow } = await world.agent('outside').open({ ...question, sourcePort });
      assert.equal(outcome.kind, 'answered', question.address);
      flows.push(flow);
    }
  }

  async function flowsGoOn(): Promise<void> {
    for (const [index, flow] of flows.entries()) {
      assert.equal((await flow.again()).kind, 'answered', questions[index]?.address);
    }
  }

  describe('where it is owned (Linux 6.9)', () => {
    before(async function () {
      await start();
      state = await stateOf('node-a');
      if (!(await isOwned('node-a'))) {
        this.skip();
      }
      await openFlows();
    });

    it('serves without any program named iptables, ipset or nft', async () => {
      for (const question of questions) {
        assert.equal((await world.agent('outside').ask(question)).kind, 'answered');
      }
      assert.deepEqual(world.program().complaints, []);
      const chosen = world.program().messages.filter((text) => text.startsWith('packet filter '));
      assert.equal(chosen.length, 1);
      assert.match(chosen[0] ?? '', /^packet filter nftables: /);
    });

    for (const [what, line] of [
      ['the table is to be deleted', `nft delete table ${nftTable}`],
      ['a chain is to be flushed', `nft flush chain ${nftTable} begin`],
      ['a set is to be flushed', `nft flush set ${nftTable} vips-4`],
      ['an element is to be added', `nft add element ${nftTable} vips-4 { 10.9.9.9 }`],
    ] as const) {
      it(`stays as it is when ${what} by others, who may not`, async () => {
        await assert.rejects(inHost('node-a', line), /Operation not permitted/);
        assert.equal(await stateOf('node-a'), state);
      });
    }

    it('stays as it is when the ruleset is flushed, and what others have goes', async () => {
      await inHost('node-a', 'nft add table inet others; nft flush ruleset');
      assert.equal(await inHost('node-a', 'nft list tables'), `table ${nftTable}\n`);
      assert.equal(await stateOf('node-a'), state);
      await flowsGoOn();
    });

    it('is left by a program that is killed, and taken up by the next one', async () => {
      await world.program().kill();
      assert.equal(await stateOf('node-a'), state);
      await flowsGoOn();
      await start();
      assert.equal(await isOwned('node-a'), true);
      assert.equal(await stateOf('node-a'), state);
      await flowsGoOn();
      assert.deepEqual(world.program().complaints, []);
    });
  });

  describe('where it is open to all', () => {
    before(async () => {
      await world.stopProgram('node-a');
      await runOnNode('node-a', ['cleanup']);
      await inHost('node-a', makeOpenTable);
      await start();
      assert.equal(await isOwned('node-a'), false);
      state = await stateOf('node-a');
      await openFlows();
    });

    for (const [what, line] of [
      ['the ruleset is flushed', 'nft flush ruleset'],
      ['a firewall is loaded anew', reloadOfOthers],
      ['the table is deleted', `nft delete table ${nftTable}`],
      ['a chain is flushed', `nft flush chain ${nftTable} begin`],
    ] as const) {
      it(`is mended at once when ${what} under load, which costs no connection that lives`, async () => {
        const load = await SteadyRequests.start('outside', questions);
        await delay(500 * patience);
        const startedAt = performance.now();
        await inHost('node-a', line);
        await returnsTo(state, () => stateOf('node-a'), noticeMs);
        const ms = Math.round(performance.now() - startedAt);
        await flowsGoOn();
        const { answered, lost } = await load.stop();
        console.log(`      ${what}: seen as before after ${ms} ms`);
        console.log(`      meanwhile ${answered} new ones answered, and ${JSON.stringify(lost)}`);
        for (const question of questions) {
          assert.equal((await world.agent('outside').ask(question)).kind, 'answered');
        }
      });
    }

    it('is nothing that iptables -F reaches', async () => {
      await inHost('node-a', `${iptables} -F 2>/dev/null || true; ${ip6tables} -F || true`);
      assert.equal(await stateOf('node-a'), state);
      await flowsGoOn();
    });

    const { IPv4, IPv6 } = vipOf('load-balancer IP', 1);
    for (const [what, line] of [
      ['an element is deleted', `nft delete element ${nftTable} vips-6 '{ ${IPv6} }'`],
      ['an element is added', `nft add element ${nftTable} vips-4 '{ 10.9.9.9 }'`],
      [
        'an element of a map is changed',
        `nft delete element ${nftTable} front-ends-4 '{ ${IPv4} . tcp . ${servicePort} }'
         nft add element ${nftTable} front-ends-4 '{ ${IPv4} . tcp . ${servicePort} : drop }'`,
      ],
      [
        'an element of a map is added that is never ours',
        `nft add element ${nftTable} sources-4 '{ 10.9.9.9 . icmp . 80 : accept }'`,
      ],
      [
        'a range is added that lets in everybody',
        `nft add element ${nftTable} admitted-4 '{ ${IPv4} . tcp . ${servicePort} . 1.0.0.0-9.255.255.255 }'`,
      ],
      ['all elements of a set are deleted', `nft flush set ${nftTable} hairpins-4`],
      ['a map is flushed', `nft flush map ${nftTable} sources-6`],
    ] as const) {
      it(`is as before within an audit when ${what}`, async () => {
        await world.program().pausedDuring(async () => {
          await inHost('node-a', line);
          assert.notEqual(await stateOf('node-a'), state, 'it made no difference');
        });
        const ms = await returnsTo(state, () => stateOf('node-a'), auditMs);
        console.log(`      ${what}: as before after ${(ms / 1000).toFixed(1)} s`);
      });
    }
  });
});
