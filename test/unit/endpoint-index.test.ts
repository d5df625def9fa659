import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EndpointIndex } from '../../src/endpoint-index.ts';

function at(...addresses: string[]): readonly string[] {
  return addresses;
}

describe('the index of endpoints', () => {
  it('finds the Services that have an endpoint at an address', () => {
    const index = new EndpointIndex();
    index.replace('default/a', at('10.244.1.1', '10.244.1.2'));
    index.replace('default/b', at('10.244.1.2'));
    index.replace('default/c', at('10.244.1.2'));
    assert.deepEqual(index.servicesAt('10.244.1.1'), ['default/a']);
    assert.deepEqual(index.servicesAt('10.244.1.2'), ['default/a', 'default/b', 'default/c']);
    assert.deepEqual(index.servicesAt('10.244.1.3'), []);
  });

  it('forgets the addresses that a Service no longer has', () => {
    const index = new EndpointIndex();
    index.replace('default/a', at('10.244.1.1', '10.244.1.2'));
    index.replace('default/b', at('10.244.1.1'));
    index.replace('default/a', at('10.244.1.2', '10.244.1.3'));
    assert.deepEqual(index.servicesAt('10.244.1.1'), ['default/b']);
    assert.deepEqual(index.servicesAt('10.244.1.2'), ['default/a']);
    assert.deepEqual(index.servicesAt('10.244.1.3'), ['default/a']);
    index.replace('default/b', at());
    assert.deepEqual(index.servicesAt('10.244.1.1'), []);
  });

  it('always agrees with a search over all Services', () => {
    const addresses = ['1', '2', '3'];
    const list = fc.array(fc.constantFrom(...addresses), { maxLength: 5 });
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), list);
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const index = new EndpointIndex();
        const model = new Map<string, readonly string[]>();
        for (const [service, list] of steps) {
          index.replace(service, list);
          model.set(service, list);
        }
        for (const address of addresses) {
          const expected = [...model].filter(([, list]) => list.includes(address));
          assert.deepEqual(
            index.servicesAt(address).toSorted(),
            expected.map(([service]) => service).toSorted(),
          );
        }
      }),
    );
  });
});
