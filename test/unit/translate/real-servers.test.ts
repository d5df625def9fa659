import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PortEndpoints } from '../../../src/translate/endpoints.ts';
import { realServersAt } from '../../../src/translate/real-servers.ts';
import { endpoint } from '../../support/cluster-objects.ts';

function at(targetPort: number, ...hosts: number[]): PortEndpoints {
  return { targetPort, endpoints: hosts.map((host) => endpoint(`10.244.1.${host}`)) };
}

const none = new Map<string, never>();

describe('the real servers at endpoints', () => {
  it('stand in the order of the endpoints, over several target ports', () => {
    const found = realServersAt([at(8080, 1, 2), at(8888, 1)], none);
    assert.deepEqual([...found.keys()], ['10.244.1.1:8080', '10.244.1.2:8080', '10.244.1.1:8888']);
    assert.deepEqual(
      Array.from(found.values(), ({ address, port }) => `${address.text}:${port}`),
      [...found.keys()],
    );
  });

  it('are the same map where nothing has changed, whatever the order', () => {
    const before = realServersAt([at(8080, 1, 2), at(8888, 3)], none);
    assert.equal(realServersAt([at(8080, 1, 2), at(8888, 3)], before), before);
    assert.equal(realServersAt([at(8888, 3), at(8080, 2, 1)], before), before);
  });

  it('are the same objects where they were there before, and no others', () => {
    const before = realServersAt([at(8080, 1, 2, 3)], none);
    const after = realServersAt([at(8080, 1, 3, 4)], before);
    assert.deepEqual([...after.keys()], ['10.244.1.1:8080', '10.244.1.3:8080', '10.244.1.4:8080']);
    assert.equal(after.get('10.244.1.1:8080'), before.get('10.244.1.1:8080'));
    assert.equal(after.get('10.244.1.3:8080'), before.get('10.244.1.3:8080'));
  });

  it('are those that they would be without any before', () => {
    const hosts = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 });
    const lists = fc.tuple(hosts, hosts).map(([a, b]) => [at(8080, ...a), at(8888, ...b)]);
    fc.assert(
      fc.property(lists, lists, (before, after) => {
        const known = realServersAt(before, none);
        const sorted = (all: readonly PortEndpoints[], from: typeof known) =>
          [...realServersAt(all, from)].toSorted(([a], [b]) => (a < b ? -1 : 1));
        assert.deepEqual(sorted(after, known), sorted(after, none));
      }),
    );
  });
});
