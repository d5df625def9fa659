import assert from 'node:assert/strict';
import type { ApiServerAddress } from '../../../../src/cluster/objects.ts';
import { ApiServerAddresses } from '../../../../src/source/api-server/api-server-addresses.ts';
import { SimulatedClock } from '../../../support/simulated-clock.ts';

describe('the addresses of the API server', () => {
  let told: string[];
  let names: Map<string, readonly string[]>;
  let addresses: ApiServerAddresses;

  beforeEach(() => {
    told = [];
    names = new Map();
    addresses = new ApiServerAddresses({
      clock: new SimulatedClock(),
      changed: (servers) => {
        told = servers.map(textOf);
      },
      lookup: (name) => {
        const found = names.get(name);
        return found === undefined
          ? Promise.reject(new Error('ENOTFOUND'))
          : Promise.resolve(found);
      },
    });
  });

  it('are those of the URLs at once, with their ports', () => {
    addresses.setUrls([
      { url: 'https://192.0.2.1:6443', isConfigured: true },
      { url: 'https://[2001:db8::1]', isConfigured: false },
      { url: 'http://192.0.2.3', isConfigured: true },
    ]);
    assert.deepEqual(told, [
      '192.0.2.1 6443 configured',
      '2001:db8::1 443 in the Pod',
      '192.0.2.3 80 configured',
    ]);
  });

  it('follow names, and stay as they were while the name cannot be looked up', async () => {
    addresses.setUrls([{ url: 'https://api.example.com:6443', isConfigured: true }]);
    assert.deepEqual(told, []);
    names.set('api.example.com', ['192.0.2.2', '192.0.2.1']);
    await addresses.refresh();
    assert.deepEqual(told, ['192.0.2.1 6443 configured', '192.0.2.2 6443 configured']);
    names.clear();
    await addresses.refresh();
    assert.equal(told.length, 2);
    names.set('api.example.com', ['192.0.2.9']);
    await addresses.refresh();
    assert.deepEqual(told, ['192.0.2.9 6443 configured']);
  });

  it('are those that answered too, also when the name is no longer theirs, up to a bound', () => {
    addresses.setUrls([{ url: 'https://192.0.2.1:6443', isConfigured: true }]);
    addresses.answered('192.0.2.1', 6443);
    assert.deepEqual(told, ['192.0.2.1 6443 configured']);
    addresses.answered('::ffff:192.0.2.7', 6443);
    assert.deepEqual(told, ['192.0.2.1 6443 configured', '192.0.2.7 6443 in the Pod']);
    for (let index = 0; index < 100; index += 1) {
      addresses.answered(`198.51.100.${index}`, 6443);
    }
    assert.equal(told.length, 33);
  });
});

function textOf({ address, port, isConfigured }: ApiServerAddress): string {
  return `${address.text} ${port} ${isConfigured ? 'configured' : 'in the Pod'}`;
}
