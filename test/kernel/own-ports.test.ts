import assert from 'node:assert/strict';
import { ownListener } from '../support/explained-traffic.ts';
import { families, nodeAddress, podAddress } from '../support/network.ts';
import { serviceObjects, vipOf } from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { outcomeText, type Question } from '../support/traffic.ts';

/** Nobody's Service has it; on the node something listens there, on every address. */
const ownPort = 2222;
const everywhere = ['0.0.0.0', '::'];
const clients = ['pod-a1', 'node-a', 'outside'] as const;
const kinds = ['cluster IP', 'load-balancer IP', 'external IP'] as const;

describe("the node's own listeners", function () {
  this.timeout(120_000);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: serviceObjects({
        name: 'web',
        number: 1,
        endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
      }),
      agents: {
        'pod-a1': [],
        'pod-a2': endpointListeners(podAddress['pod-a2']),
        'node-a': allProtocols.flatMap((protocol) =>
          [...everywhere, ...Object.values(nodeAddress['node-a'])]
            // UDP answers from the address that was asked only where it is bound to it.
            .filter((address) => protocol === 'UDP' || everywhere.includes(address))
            .map((address) => ({ protocol, address, port: ownPort, name: ownListener })),
        ),
        outside: [],
      },
    });
  });
  after(() => world.remove());

  for (const client of clients) {
    it(`do not answer ${client} at a VIP`, async () => {
      const outcomes = await Promise.all(
        vipQuestions().map(async (question) => ({
          question,
          outcome: await world.ask(client, question),
        })),
      );
      for (const { question, outcome } of outcomes) {
        // SCTP heeds no ICMP.
        const expected = question.protocol === 'SCTP' ? ['refused', 'silent'] : ['refused'];
        assert.ok(
          expected.includes(outcome.kind),
          `${question.protocol} ${question.address} ${outcomeText(outcome)}`,
        );
      }
    });

    it(`answer ${client} at an address of the node`, async () => {
      // An SCTP association of a node has all its addresses: not a matter of one of them.
      for (const protocol of ['TCP', 'UDP'] as const) {
        for (const family of families) {
          const question = { protocol, address: nodeAddress['node-a'][family], port: ownPort };
          const outcome = await world.ask(client, question);
          assert.equal(outcome.kind, 'answered', `${protocol} ${question.address}`);
        }
      }
    });

    it(`leave pings of ${client} to a VIP answered`, async () => {
      for (const family of families) {
        const address = vipOf('cluster IP', 1)[family];
        assert.equal((await world.agent(client).ping(address)).kind, 'answered', address);
      }
    });
  }

  it('are told from Services by explain as packets meet them', async () => {
    assert.deepEqual(await world.disagreements(), []);
  });
});

function vipQuestions(): readonly Question[] {
  return kinds.flatMap((kind) =>
    allProtocols.flatMap((protocol) =>
      families.map((family) => ({
        protocol,
        address: vipOf(kind, 1)[family],
        port: ownPort,
        timeoutMs: 400,
      })),
    ),
  );
}
