import assert from 'node:assert/strict';
import type { PortEndpoints } from '../../../src/translate/endpoints.ts';
import { realServersAt } from '../../../src/translate/real-servers.ts';
import { endpoint } from '../../support/cluster-objects.ts';

function at(targetPort: number, ...hosts: number[]): PortEndpoints {
  return { targetPort, endpoints: hosts.map((host) => endpoint(`10.244.1.${host}`)) };
}

const plain = { connectionLimits: undefined, startsSlowly: false };

describe('the real servers at endpoints', () => {
  it('stand in the order of the endpoints, over several target ports', () => {
    const endpoints = [at(8080, 1, 2), at(8888, 1)];
    const found = realServersAt({ endpoints, weightOf: () => 1 }, plain);
    assert.deepEqual([...found.keys()], ['10.244.1.1:8080', '10.244.1.2:8080', '10.244.1.1:8888']);
    assert.deepEqual(
      Array.from(found.values(), ({ address, port }) => `${address.text}:${port}`),
      [...found.keys()],
    );
  });
});
