import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';

function accepted(spec: object, ingress: readonly object[] = []): Service {
  const { value, problems } = parseService({
    metadata: { name: 'web', namespace: 'default' },
    spec: { ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress } },
  });
  assert.deepEqual(problems, []);
  assert.ok(value !== undefined);
  return value;
}

const clusterIP = { clusterIP: '10.96.0.1' };

describe('a Service', () => {
  it('keeps the addresses of ipMode Proxy apart, as the reason why they are not served', () => {
    const { loadBalancerIPs, loadBalancerIPsOfProxies } = accepted(clusterIP, [
      { ip: '203.0.113.10' },
      { ip: '203.0.113.12', ipMode: 'Proxy' },
      { ip: '2001:db8::12', ipMode: 'Proxy' },
    ]);
    assert.deepEqual(loadBalancerIPs.map(String), ['203.0.113.10']);
    assert.deepEqual(loadBalancerIPsOfProxies?.map(String), ['203.0.113.12', '2001:db8::12']);
  });

  it('is no worse for an address of ipMode Proxy that cannot be read: nothing is done with it', () => {
    const { loadBalancerIPs, loadBalancerIPsOfProxies } = accepted(clusterIP, [
      { ip: 'somewhere', ipMode: 'Proxy' },
    ]);
    assert.deepEqual(loadBalancerIPs, []);
    assert.equal(loadBalancerIPsOfProxies, undefined);
  });

  it('knows that it is of type ExternalName', () => {
    const external = accepted({ type: 'ExternalName', externalName: 'example.com' });
    assert.equal(external.isExternalName, true);
  });

  it('has no field, and so no memory, for what it has not', () => {
    const fields = Object.keys(accepted(clusterIP, [{ ip: '203.0.113.10' }]));
    assert.ok(!fields.includes('loadBalancerIPsOfProxies'));
    assert.ok(!fields.includes('isExternalName'));
  });
});
