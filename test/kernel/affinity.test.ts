import assert from 'node:assert/strict';
import { families, nodeAddress, podAddress } from '../support/network.ts';
import { nodePortOf, serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import type { Question } from '../support/traffic.ts';

const sticky = 1;
const plain = 2;
const connections = 6;

describe('session affinity', function () {
  this.timeout(120_000);
  let world: NetworkWorld;

  before(async () => {
    const endpoints = (['pod-a2', 'pod-b2'] as const).map((pod) => ({
      addresses: podAddress[pod],
      nodeName: pod === 'pod-a2' ? ('node-a' as const) : ('node-b' as const),
    }));
    world = await NetworkWorld.build({
      objects: [
        ...serviceObjects({
          name: 'sticky',
          number: sticky,
          endpoints,
          spec: {
            sessionAffinity: 'ClientIP',
            sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
          },
        }),
        ...serviceObjects({ name: 'plain', number: plain, endpoints }),
      ],
      agents: {
        'pod-a1': [],
        'node-a': [],
        outside: [],
        'pod-a2': endpointListeners(podAddress['pod-a2']),
        'pod-b2': endpointListeners(podAddress['pod-b2']),
      },
    });
  });
  after(() => world.remove());

  for (const client of ['pod-a1', 'outside', 'node-a'] as const) {
    it(`sends new connections of ${client} to one real server`, async () => {
      for (const question of questions(sticky)) {
        assert.equal((await reached(client, question)).size, 1, question.address);
      }
    });

    it(`is not there for ${client} where it was not asked for`, async () => {
      for (const question of questions(plain)) {
        assert.equal((await reached(client, question)).size, 2, question.address);
      }
    });
  }

  async function reached(
    client: 'pod-a1' | 'outside' | 'node-a',
    question: Question,
  ): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for (let count = 0; count < connections; count += 1) {
      const outcome = await world.agent(client).ask(question);
      assert.equal(outcome.kind, 'answered', `${question.protocol} ${question.address}`);
      names.add(outcome.by);
    }
    return names;
  }
});

function questions(number: number): readonly Question[] {
  return allProtocols.flatMap((protocol) =>
    families.flatMap((family) => [
      { protocol, address: vipOf('cluster IP', number)[family], port: servicePort },
      { protocol, address: vipOf('load-balancer IP', number)[family], port: servicePort },
      {
        protocol,
        address: nodeAddress['node-a'][family],
        port: nodePortOf(number, protocol),
      },
    ]),
  );
}
