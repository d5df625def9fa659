import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  families,
  nodeAddress,
  outsideAddress,
  podAddress,
  type Family,
} from '../support/network.ts';
import { serviceObjects, servicePort, vipOf } from '../support/network-services.ts';
import { endpointListeners, NetworkWorld } from '../support/network-world.ts';
import { patience } from '../support/patience.ts';

const everybody = ['0.0.0.0/0', '::/0'];
const wide = ['198.51.0.0/16', '2001:db8::/32'];
const narrow = ['198.51.100.0/24', '2001:db8:5::/64'];
const client = [`${outsideAddress.IPv4}/32`, `${outsideAddress.IPv6}/128`];
const others = ['192.0.2.0/24', '2001:db8:2::/64'];
/** That of the node holds the VIPs too, which stand for the node's own packets. */
const withVips = ['203.0.113.0/24', '2001:db8:203::/48', '172.31.0.0/16', 'fd00:31::/32'];

/** The ranges of one Service, from one change to the next; whether the client is let through. */
const steps: readonly (readonly [name: string, ranges: readonly string[], isAdmitted: boolean])[] =
  [
    ['that hold each other', [...everybody, ...wide, ...narrow, ...client], true],
    ['that become wider', wide, true],
    ['that become narrower', narrow, true],
    ['that become as narrow as can be', client, true],
    ['that become as wide as can be', everybody, true],
    ['with one less of those that hold each other', [...wide, ...client], true],
    ['with the other one less', [...narrow, ...others], true],
    ['with the VIP and the node in them', [...withVips, ...others], false],
    ['with a narrow one that was wide', [...client, ...others], true],
    ['without the client', others, false],
  ];

/** Long enough to be sure of silence; what is refused is so at once. */
const silenceMs = 500 * patience;

describe('source ranges that hold each other', function () {
  this.timeout(120_000 * patience);
  let world: NetworkWorld;

  before(async () => {
    world = await NetworkWorld.build({
      objects: objectsWith(others),
      agents: {
        outside: [],
        'node-a': [],
        'pod-b2': endpointListeners(podAddress['pod-b2']),
      },
    });
  });
  after(() => world.remove());

  for (const [name, ranges, isAdmitted] of steps) {
    it(`let the right ones through: ranges ${name}`, async () => {
      await world.folder.put(objectsWith(ranges));
      const expected = isAdmitted ? 'answered' : 'silent';
      await Promise.all(families.map((family) => untilAsked(family, expected)));
      // What is still to come of the change is not to shut out anybody.
      await delay(300 * patience);
      assert.deepEqual(
        await Promise.all(families.map(asked)),
        families.map(() => expected),
      );
      assert.deepEqual(world.program().complaints, []);
    });
  }

  it('let through the node where one of them holds it, though the VIP lies in another one', async () => {
    await world.folder.put(objectsWith(withVips));
    for (const family of families) {
      const address = vipOf('load-balancer IP', 1)[family];
      await untilAsked(family, 'silent');
      const own = await world
        .agent('node-a')
        .ask({ protocol: 'TCP', address, port: servicePort, timeoutMs: silenceMs });
      assert.equal(own.kind, 'answered', nodeAddress['node-a'][family]);
    }
    assert.deepEqual(world.program().complaints, []);
  });

  async function asked(family: Family): Promise<string> {
    const address = vipOf('load-balancer IP', 1)[family];
    const question = { protocol: 'TCP', address, port: servicePort, timeoutMs: silenceMs } as const;
    return (await world.agent('outside').ask(question)).kind;
  }

  async function untilAsked(family: Family, expected: string): Promise<void> {
    const deadline = performance.now() + 5000 * patience;
    let kind = await asked(family);
    while (kind !== expected) {
      assert.ok(performance.now() < deadline, `${family}: ${kind} and not ${expected}`);
      kind = await asked(family);
    }
  }
});

function objectsWith(ranges: readonly string[]): readonly unknown[] {
  return serviceObjects({
    name: 'web',
    number: 1,
    endpoints: [{ addresses: podAddress['pod-b2'], nodeName: 'node-b' }],
    spec: { loadBalancerSourceRanges: ranges },
  });
}
