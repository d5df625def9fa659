import assert from 'node:assert/strict';
import { families, inHost, podAddress, type Family } from '../support/network.ts';
import { annotated, serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { becomes } from '../support/kernel-table.ts';
import { outcomeText, type Outcome, type TrafficProtocol } from '../support/traffic.ts';

const [limited, packets] = [1, 2];
const clients = ['pod-a1', 'node-a', 'outside'] as const;
/**
 * The ICMP that tells of a refusal means nothing to SCTP; it is told to a client that asks for it (IP_RECVERR), as
 * this one does, always in Linux 6.12 and at times in 6.1.
 */
const sctpWhenFull = 'refused or silent';

/**
 * What becomes of a connection when all real servers are full. The ICMP that tells of it never reaches a
 * UDP socket of the node itself.
 */
const whenFull: Readonly<Record<TrafficProtocol, Readonly<Record<string, string>>>> = {
  TCP: { 'pod-a1': 'refused', 'node-a': 'refused', outside: 'refused' },
  UDP: { 'pod-a1': 'refused', 'node-a': 'Operation not permitted', outside: 'refused' },
  SCTP: { 'pod-a1': sctpWhenFull, 'node-a': sctpWhenFull, outside: sctpWhenFull },
};

function whenFullText(protocol: TrafficProtocol, outcome: Outcome): string {
  const isEither = outcome.kind === 'refused' || outcome.kind === 'silent';
  return protocol === 'SCTP' && isEither ? sctpWhenFull : outcomeText(outcome);
}

const pods = ['pod-a2', 'pod-b1', 'pod-b2'] as const;

describe('limits and packets on their way', function () {
  this.timeout(600_000);
  let world: NetworkWorld;

  before(async () => {
    const endpoints = pods.map((pod) => ({
      addresses: podAddress[pod],
      nodeName: pod === 'pod-a2' ? ('node-a' as const) : ('node-b' as const),
    }));
    world = await NetworkWorld.build({
      objects: [
        ...annotated(
          serviceObjects({ name: 'limited', number: limited, endpoints: endpoints.slice(0, 1) }),
          { 'kube-ipvs.io/max-connections': '1' },
        ),
        ...annotated(serviceObjects({ name: 'packets', number: packets, endpoints }), {
          'kube-ipvs.io/one-packet': 'true',
        }),
      ],
      agents: {
        'node-a': [],
        outside: [],
        'pod-a1': [],
        ...Object.fromEntries(pods.map((pod) => [pod, endpointListeners(podAddress[pod])])),
      },
    });
  });
  after(() => world.remove());

  for (const family of families) {
    for (const protocol of allProtocols) {
      it(`does not let a connection through to a Service that is full: ${protocol}, ${family}`, async () => {
        const address = vipOf('cluster IP', limited)[family];
        const question = { protocol, address, port: servicePort };
        const { outcome, flow } = await world.agent('pod-a1').open(question);
        assert.equal(outcome.kind, 'answered');
        // At once: one that is silent is waited for in full.
        const outcomes = clients.map(async (client) => [
          client,
          whenFullText(protocol, await world.agent(client).ask(question)),
        ]);
        const found: unknown = Object.fromEntries(await Promise.all(outcomes));
        assert.deepEqual(found, whenFull[protocol]);
        assert.equal((await flow.again()).kind, 'answered');
        await flow.close();
      });
    }
  }

  for (const family of families) {
    it(`schedules each packet of one socket, and nobody is answered: ${family}`, async () => {
      const counts = () => Promise.all(packetVips(family).map(packetsAt));
      const before = await counts();
      const found = await Promise.all(clients.map((client) => outcomesOfPackets(client, family)));
      assert.deepEqual(
        found,
        clients.map(() => Array.from({ length: packetsOfSocket }, () => 'silent')),
      );
      await becomes(
        counts,
        // Two clients share the cluster IP, one has the load-balancer IP to itself.
        before.map((at, index) =>
          at.map((count) => count + ((index === 0 ? 2 : 1) * packetsOfSocket) / pods.length),
        ),
      );
    });
  }

  /** What becomes of packets that one socket sends one after the other. */
  async function outcomesOfPackets(
    client: (typeof clients)[number],
    family: Family,
  ): Promise<readonly string[]> {
    const [clusterIp = '', loadBalancerIp = ''] = packetVips(family);
    const address = client === 'outside' ? loadBalancerIp : clusterIp;
    const question = { protocol: 'UDP', address, port: servicePort, timeoutMs: 300 } as const;
    const { outcome, flow } = await world.agent(client).open(question);
    const found: string[] = [outcome.kind];
    while (found.length < packetsOfSocket) {
      found.push((await flow.again(300)).kind);
    }
    await flow.close();
    return found;
  }
});

/** How many packets each client sends: a multiple of the real servers. */
const packetsOfSocket = 6;

function packetVips(family: Family): readonly string[] {
  return [vipOf('cluster IP', packets)[family], vipOf('load-balancer IP', packets)[family]];
}

/** Packets that came in for each real server; the kernel brings them up to date every two seconds. */
async function packetsAt(address: string): Promise<readonly number[]> {
  const vip = address.includes(':') ? `[${address}]` : address;
  const text = await inHost('node-a', `ipvsadm -Ln --stats --exact -u ${vip}:${servicePort}`);
  return Array.from(text.matchAll(/-> \S+ +\d+ +(\d+)/g), ([, packetsIn]) => Number(packetsIn));
}
