import assert from 'node:assert/strict';
import { families, podAddress, type NodeName } from '../support/network.ts';
import { serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';

/** The weights are 10 and 1: so many connections are a whole number of rounds. */
const connections = 44;

const near = { 'node-a': 'pod-a2', 'node-b': 'pod-b1' } as const;
const client = { 'node-a': 'pod-a1', 'node-b': 'pod-b2' } as const;

describe('weights by locality, on two nodes', function () {
  this.timeout(120_000 * patience);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: serviceObjects({
        name: 'web',
        number: 1,
        endpoints: [
          { addresses: podAddress['pod-a2'], nodeName: 'node-a' },
          { addresses: podAddress['pod-b1'], nodeName: 'node-b' },
        ],
        annotations: {
          'kube-ipvs.io/scheduler': 'wrr',
          'kube-ipvs.io/locality-weights': 'same-node=10,other=1',
        },
      }),
      nodes: ['node-a', 'node-b'],
      agents: {
        'pod-a1': [],
        'pod-b2': [],
        'pod-a2': endpointListeners(podAddress['pod-a2']),
        'pod-b1': endpointListeners(podAddress['pod-b1']),
      },
    });
  });
  after(() => world.remove());

  for (const node of ['node-a', 'node-b'] as const) {
    for (const protocol of allProtocols) {
      for (const family of families) {
        it(`send ten of eleven connections to the Pod of the same node: ${node}, ${protocol}, ${family}`, async () => {
          const question = { protocol, address: vipOf('cluster IP', 1)[family], port: servicePort };
          const by = new Map<string, number>();
          for (let connection = 0; connection < connections; connection += 1) {
            const outcome = await world.agent(client[node]).ask(question);
            const who = outcome.kind === 'answered' ? outcome.by : outcome.kind;
            by.set(who, (by.get(who) ?? 0) + 1);
          }
          assert.deepEqual(Object.fromEntries(by), {
            [near[node]]: (connections * 10) / 11,
            [near[otherThan(node)]]: connections / 11,
          });
        });
      }
    }
  }
});

function otherThan(node: NodeName): NodeName {
  return node === 'node-a' ? 'node-b' : 'node-a';
}
