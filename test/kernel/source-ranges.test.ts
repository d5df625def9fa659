import assert from 'node:assert/strict';
import { becomes } from '../support/kernel-table.ts';
import { families, nodeAddress, outsideAddress, podAddress } from '../support/network.ts';
import { nodePortOf, serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { allProtocols, endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { outcomeText, type Question } from '../support/traffic.ts';

const clients = ['pod-a1', 'node-a', 'outside'] as const;
type Client = (typeof clients)[number];

/** Each Service lets in what its name says, in both families. */
const services = [
  {
    name: 'outside',
    number: 1,
    ranges: ['198.51.100.0/24', '2001:db8:5::/64'],
    admitted: ['outside'],
  },
  {
    name: 'one-of-outside',
    number: 2,
    ranges: [`${outsideAddress.IPv4}/32`, `${outsideAddress.IPv6}/128`, '192.0.2.0/24'],
    admitted: ['outside'],
  },
  {
    name: 'nodes',
    number: 3,
    ranges: [`${nodeAddress['node-a'].IPv4}/24`, `${nodeAddress['node-a'].IPv6}/64`],
    admitted: ['node-a'],
  },
  {
    name: 'pods',
    number: 4,
    ranges: [`${podAddress['pod-a1'].IPv4}/32`, `${podAddress['pod-a1'].IPv6}/128`],
    admitted: ['pod-a1'],
  },
  { name: 'all', number: 5, ranges: ['0.0.0.0/0', '::/0'], admitted: clients },
  { name: 'others', number: 6, ranges: ['192.0.2.0/24', '2001:db8:2::/64'], admitted: [] },
] as const;

describe('source ranges', function () {
  this.timeout(120_000);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: services.flatMap(({ name, number, ranges }) =>
        serviceObjects({
          name,
          number,
          endpoints: [{ addresses: podAddress['pod-a2'], nodeName: 'node-a' }],
          spec: { loadBalancerSourceRanges: ranges },
        }),
      ),
      agents: {
        'pod-a1': [],
        'pod-a2': endpointListeners(podAddress['pod-a2']),
        'node-a': [],
        outside: [],
      },
    });
    // Neighbours are looked for with the first packets: that is no matter of the ranges.
    await becomes(
      () => Promise.all(clients.map((client) => reaches(client, 5, true))),
      clients.map(() => ['answered']),
    );
  });
  after(() => world.remove());

  for (const { name, number, admitted } of services) {
    it(`let ${admitted.join(', ') || 'nobody here'} in where they hold ${name}`, async () => {
      const isAdmitted = (client: Client) => (admitted as readonly Client[]).includes(client);
      const seen = await Promise.all(
        clients.map((client) => reaches(client, number, isAdmitted(client))),
      );
      assert.deepEqual(
        Object.fromEntries(clients.map((client, at) => [client, seen[at]])),
        Object.fromEntries(
          clients.map((client) => [client, isAdmitted(client) ? ['answered'] : ['dropped']]),
        ),
      );
    });
  }

  it('guard the load-balancer IP alone', async () => {
    for (const client of clients) {
      for (const question of unguardedQuestions()) {
        const outcome = await world.ask(client, question);
        assert.equal(outcome.kind, 'answered', `${client} ${question.address}`);
      }
    }
  });

  it('are what explain says of them', async () => {
    assert.deepEqual(await world.disagreements(), []);
  });

  /** What became of a message over each protocol in each family, each kind once. */
  async function reaches(
    client: Client,
    number: number,
    isAdmitted: boolean,
  ): Promise<readonly string[]> {
    const outcomes = await Promise.all(
      allProtocols.flatMap((protocol) =>
        families.map(async (family) => {
          const address = vipOf('load-balancer IP', number)[family];
          const asked = { protocol, address, port: servicePort };
          // Silence is waited for no longer than has to be; an answer may be late on a busy machine.
          const question = isAdmitted ? asked : { ...asked, timeoutMs: 500 };
          const outcome = await world.ask(client, question);
          // The own node tells its processes that it drops.
          const isDropped =
            outcome.kind === 'silent' || outcomeText(outcome) === 'Operation not permitted';
          return isDropped ? 'dropped' : outcome.kind;
        }),
      ),
    );
    return [...new Set(outcomes)];
  }
});

/** The other front ends of the Service that lets nobody here in. */
function unguardedQuestions(): readonly Question[] {
  return allProtocols.flatMap((protocol) =>
    families.flatMap((family) => [
      { protocol, address: vipOf('cluster IP', 6)[family], port: servicePort },
      { protocol, address: vipOf('external IP', 6)[family], port: servicePort },
      { protocol, address: nodeAddress['node-a'][family], port: nodePortOf(6, protocol) },
    ]),
  );
}
