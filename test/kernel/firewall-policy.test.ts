import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ip6tables, iptables } from '../support/iptables-variant.ts';
import {
  families,
  inHost,
  nodeAddress,
  outsideAddress,
  podAddress,
  type Family,
} from '../support/network.ts';
import { nodePortOf, serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';

/** Nobody's Service has it; on the node something listens there, on every address. */
const ownPort = 2222;

describe('a node whose firewall drops what no rule accepts', function () {
  this.timeout(240_000 * patience);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: serviceObjects({
        name: 'web',
        number: 1,
        endpoints: [{ addresses: podAddress['pod-b2'], nodeName: 'node-b' }],
      }),
      agents: {
        'pod-a1': [],
        'pod-b2': endpointListeners(podAddress['pod-b2']),
        'node-a': ['0.0.0.0', '::'].map((address) => ({ protocol: 'TCP', address, port: ownPort })),
        outside: [],
      },
      // Audits play no part in what comes back.
      configuration: { ipvs: { syncPeriod: '10m' } },
    });
    await inHost(
      'node-a',
      // Neighbours are found by ICMPv6.
      `${ip6tables} -A INPUT -p icmpv6 -j ACCEPT
       for i in ${iptables} ${ip6tables}; do $i -P INPUT DROP; done`,
    );
  });
  after(() => world.remove());

  for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
    for (const client of ['outside', 'pod-a1'] as const) {
      it(`serves ${client} by ${protocol} at VIPs and node ports`, async () => {
        for (const [address, port] of families.flatMap((family) => frontEnds(family, protocol))) {
          const outcome = await world.agent(client).ask({ protocol, address, port });
          assert.equal(outcome.kind, 'answered', `${address} ${port}`);
        }
      });
    }
  }

  it('keeps its own listeners to itself', async () => {
    for (const family of families) {
      assert.equal(await ask(nodeAddress['node-a'][family], ownPort), 'silent');
      assert.equal(await ask(vipOf('cluster IP', 1)[family], ownPort), 'refused');
    }
  });

  it('drops what a rule of others drops, and serves again without it', async () => {
    const rule = `INPUT -s ${outsideAddress.IPv4} -j DROP`;
    const { IPv4 } = vipOf('load-balancer IP', 1);
    await inHost('node-a', `${iptables} -I ${rule}`);
    assert.equal(await ask(IPv4, servicePort), 'silent');
    await inHost('node-a', `${iptables} -D ${rule}`);
    assert.equal(await ask(IPv4, servicePort), 'answered');
  });

  it('drops what a rule drops that was appended before the start', async () => {
    await world.program().stop();
    await inHost(
      'node-a',
      `${iptables} -F INPUT; ${iptables} -A INPUT -s ${outsideAddress.IPv4} -j DROP`,
    );
    await world.startProgram('node-a', { ipvs: { syncPeriod: '10m' } });
    assert.equal(await ask(vipOf('load-balancer IP', 1).IPv4, servicePort), 'silent');
    await inHost('node-a', `${iptables} -D INPUT -s ${outsideAddress.IPv4} -j DROP`);
    assert.equal(await ask(vipOf('load-balancer IP', 1).IPv4, servicePort), 'answered');
  });

  it('has the rules back within seconds after others have flushed them', async () => {
    const before = await ourRules();
    const startedAt = performance.now();
    await inHost('node-a', `${iptables} -F; ${iptables} -t nat -F`);
    while ((await ourRules()) !== before) {
      assert.ok(performance.now() - startedAt < 15_000 * patience, 'they did not come back');
      await delay(50);
    }
    console.log(`      back after ${Math.round(performance.now() - startedAt)} ms`);
    assert.equal(await ask(nodeAddress['node-a'].IPv4, nodePortOf(1, 'TCP')), 'answered');
  });

  async function ask(address: string, port: number): Promise<string> {
    const question = { protocol: 'TCP', address, port, timeoutMs: 1000 * patience } as const;
    return (await world.agent('outside').ask(question)).kind;
  }
});

function frontEnds(
  family: Family,
  protocol: 'TCP' | 'UDP' | 'SCTP',
): readonly (readonly [address: string, port: number])[] {
  return [
    [vipOf('cluster IP', 1)[family], servicePort],
    [vipOf('load-balancer IP', 1)[family], servicePort],
    [vipOf('external IP', 1)[family], servicePort],
    [nodeAddress['node-a'][family], nodePortOf(1, protocol)],
  ];
}

async function ourRules(): Promise<string> {
  const saved = await inHost('node-a', `${iptables}-save`);
  return saved
    .split('\n')
    .filter((line) => line.startsWith('-A ') && line.includes('KIPVS-'))
    .toSorted()
    .join('\n');
}
