import assert from 'node:assert/strict';
import { families, gatewayAddress, inHost, nodeAddress, podAddress } from '../support/network.ts';
import { serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { outcomeText, type Question } from '../support/traffic.ts';

/** Enough that the first sync takes a while. */
const serviceCount = 60;
const asked = [1, serviceCount / 2, serviceCount];
const clients = ['pod-a1', 'node-a', 'outside'] as const;
type Client = (typeof clients)[number];
/** Enough for the way to an endpoint, and not for a way back to the node by its router. */
const hops: Readonly<Record<Client, number>> = { 'pod-a1': 2, 'node-a': 2, outside: 3 };

/**
 * The rules see the first packet of a connection alone, and a port that is used again continues the
 * one before: each question has a port of its own, and one that may have been sent twice, as some
 * are where the machine is slow, says nothing. TCP sends again after a second (RFC 6298).
 */
const firstSourcePort = 1024;
const firstRetransmissionMs = 1000;

describe('a start on an empty node', function () {
  this.timeout(240_000);
  let world: NetworkWorld;
  const outcomes: { readonly client: Client; readonly text: string }[] = [];

  before(async () => {
    world = await NetworkWorld.build({
      objects: Array.from({ length: serviceCount }, (_, at) =>
        serviceObjects({
          name: `web-${at}`,
          number: at + 1,
          protocols: ['TCP', 'UDP'],
          endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
        }),
      ).flat(),
      nodes: [],
      agents: {
        'pod-a1': [],
        'pod-a2': endpointListeners(podAddress['pod-a2'], ['TCP', 'UDP']),
        // The node's own listeners on the Services' port.
        'node-a': (['TCP', 'UDP'] as const).flatMap((protocol) =>
          ['0.0.0.0', '::'].map((address) => ({ protocol, address, port: servicePort })),
        ),
        outside: [],
      },
    });
    await Promise.all(clients.map(limitHops));
    let hammering = true;
    const hammers = clients.flatMap((client) => {
      let sourcePort = firstSourcePort;
      return questions().map(async (question) => {
        while (hammering) {
          const outcome = await world.agent(client).ask({ ...question, sourcePort: sourcePort++ });
          if (outcome.ms < firstRetransmissionMs) {
            outcomes.push({ client, text: `${question.address} ${outcomeText(outcome)}` });
          }
        }
      });
    });
    try {
      await world.startProgram('node-a');
      await new Promise((resolve) => setTimeout(resolve, 1500));
    } finally {
      hammering = false;
      await Promise.all(hammers);
    }
  });
  after(() => world.remove());

  for (const client of clients) {
    it(`lets ${client} meet complete rules from the first packet on`, () => {
      const own = outcomes.filter((outcome) => outcome.client === client);
      const answered = own.filter(({ text }) => text.includes(' saw '));
      console.log(`      ${client}: ${own.length} questions, ${answered.length} answered`);
      assert.ok(answered.length > 0 && answered.length < own.length);
      const wrong = answered.filter(({ text }) => !isRight(client, text));
      assert.deepEqual([...new Set(wrong.map(({ text }) => text))], []);
    });
  }
});

/**
 * Before there is a VIP a packet leaves the node, and its router would send it back. The rules see a connection
 * once, at its first packet: one that had set out before there were any and came back when there was the VIP
 * would be answered as if there were none.
 */
async function limitHops(client: Client): Promise<void> {
  await inHost(
    client,
    `echo ${hops[client]} >/proc/sys/net/ipv4/ip_default_ttl
     for file in /proc/sys/net/ipv6/conf/*/hop_limit; do echo ${hops[client]} >"$file"; done`,
  );
}

/** Before there is a VIP nobody answers: the packets leave the node and come back to it. */
function questions(): readonly Question[] {
  return asked.flatMap((number) =>
    families.flatMap((family) =>
      (['cluster IP', 'external IP'] as const).flatMap((kind) =>
        (['TCP', 'UDP'] as const).map((protocol) => ({
          protocol,
          address: vipOf(kind, number)[family],
          port: servicePort,
          timeoutMs: 300,
        })),
      ),
    ),
  );
}

/** `10.96.0.1 pod-a2 saw 10.244.1.1`: masqueraded but for a Pod's connection to a cluster IP. */
function isRight(client: Client, text: string): boolean {
  const [address = '', by, , seen = ''] = text.split(' ');
  const isClusterIp = families.some((family) =>
    asked.some((number) => vipOf('cluster IP', number)[family] === address),
  );
  const expected =
    client === 'pod-a1' && isClusterIp
      ? Object.values(podAddress['pod-a1'])
      : [...Object.values(gatewayAddress['node-a']), ...Object.values(nodeAddress['node-a'])];
  return by === 'pod-a2' && expected.includes(seen);
}
