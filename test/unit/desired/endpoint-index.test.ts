import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EndpointSlice } from '../../../src/cluster/objects.ts';
import { EndpointIndex } from '../../../src/desired/endpoint-index.ts';
import { endpoint, slice } from '../../support/cluster-objects.ts';

function at(...addresses: string[]): readonly EndpointSlice[] {
  return [slice(addresses.map((address) => endpoint(address)))];
}

/** The index, with the slices that each Service had last. */
class Recorded {
  readonly #index = new EndpointIndex();
  readonly #slices = new Map<string, readonly EndpointSlice[]>();

  replace(service: string, slices: readonly EndpointSlice[]): void {
    this.#index.replace(service, this.#slices.get(service) ?? [], slices);
    this.#slices.set(service, slices);
  }

  servicesAt(address: string): readonly string[] {
    return this.#index.servicesAt(address);
  }
}

describe('the index of endpoints', () => {
  it('finds the Services that have an endpoint at an address', () => {
    const index = new Recorded();
    index.replace('default/a', at('10.244.1.1', '10.244.1.2'));
    index.replace('default/b', at('10.244.1.2'));
    index.replace('default/c', at('10.244.1.2'));
    assert.deepEqual(index.servicesAt('10.244.1.1'), ['default/a']);
    assert.deepEqual(index.servicesAt('10.244.1.2'), ['default/a', 'default/b', 'default/c']);
    assert.deepEqual(index.servicesAt('10.244.1.3'), []);
  });

  it('forgets the addresses that a Service no longer has', () => {
    const index = new Recorded();
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
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    const list = fc.array(fc.constantFrom(...addresses), { maxLength: 5 });
    const lists = fc.array(list, { maxLength: 3 });
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), lists);
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const index = new Recorded();
        const model = new Map<string, readonly string[]>();
        for (const [service, lists] of steps) {
          index.replace(
            service,
            lists.flatMap((list) => at(...list)),
          );
          model.set(service, lists.flat());
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
