import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Endpoint, EndpointSlice } from '../../src/cluster/objects.ts';
import { EndpointIndex } from '../../src/endpoint-index.ts';
import { VipRanges } from '../../src/vip-ranges.ts';
import { endpoint, ip, slice } from '../support/cluster-objects.ts';

/** One object for each address, as the store hands on endpoints that stay. */
const known = new Map<string, Endpoint>();

function endpointAt(address: string): Endpoint {
  const held = known.get(address) ?? endpoint(address);
  known.set(address, held);
  return held;
}

function at(...addresses: string[]): readonly EndpointSlice[] {
  return [slice(addresses.map(endpointAt))];
}

/** The index, with the slices that each Service had last; VIPs are in the range of the endpoints. */
class Recorded {
  readonly #index: EndpointIndex;
  readonly #slices = new Map<string, readonly EndpointSlice[]>();

  constructor(...vips: readonly string[]) {
    const ranges = new VipRanges();
    vips.map(ip).forEach((vip) => ranges.add(vip));
    this.#index = new EndpointIndex(ranges);
  }

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
    const index = new Recorded('10.244.0.1');
    index.replace('default/a', at('10.244.1.1', '10.244.1.2'));
    index.replace('default/b', at('10.244.1.2'));
    index.replace('default/c', at('10.244.1.2'));
    assert.deepEqual(index.servicesAt('10.244.1.1'), ['default/a']);
    assert.deepEqual(index.servicesAt('10.244.1.2'), ['default/a', 'default/b', 'default/c']);
    assert.deepEqual(index.servicesAt('10.244.1.3'), []);
  });

  it('forgets the addresses that a Service no longer has', () => {
    const index = new Recorded('10.244.0.1');
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
        const index = new Recorded('10.0.0.1');
        const model = new Map<string, readonly string[]>();
        for (const [service, lists] of steps) {
          index.replace(
            service,
            lists.map((list) => slice(list.map(endpointAt))),
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

  it('leaves out endpoints that share no range with a VIP, until one comes there', () => {
    const ranges = new VipRanges();
    const index = new EndpointIndex(ranges);
    const slices = at('10.244.1.1', '10.96.0.9');
    ranges.add(ip('10.96.0.1'));
    index.replace('default/a', [], slices);
    assert.deepEqual(index.servicesAt('10.96.0.9'), ['default/a']);
    assert.deepEqual(index.servicesAt('10.244.1.1'), []);
    ranges.add(ip('10.244.9.9'));
    index.add('default/a', slices);
    assert.deepEqual(index.servicesAt('10.96.0.9'), ['default/a']);
    assert.deepEqual(index.servicesAt('10.244.1.1'), ['default/a']);
    index.replace('default/a', slices, at());
    assert.deepEqual(index.servicesAt('10.244.1.1'), []);
  });
});
