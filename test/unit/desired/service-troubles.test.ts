import assert from 'node:assert/strict';
import { parseEndpointSlice } from '../../../src/cluster/parse-endpoint-slice.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';
import type { EndpointSlice, Service } from '../../../src/cluster/objects.ts';
import { service } from '../../support/cluster-objects.ts';
import { rawService, rawSlice } from '../../support/manifests.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

function webWith(ports: readonly unknown[]): Service {
  const { value } = parseService(rawService('web', { ports }));
  assert.ok(value);
  return value;
}

function sliceWith(endpoints: readonly unknown[]): EndpointSlice {
  const { value } = parseEndpointSlice(rawSlice('web-1', 'web', { endpoints }));
  assert.ok(value);
  return value;
}

function troubles(world: TranslatorWorld): readonly string[] {
  world.translate();
  return Array.from(world.translator.troubles(), (trouble) =>
    trouble.kind === 'mistake'
      ? `${trouble.service}: ${trouble.error.message}`
      : `${trouble.service}: ${trouble.field.object}`,
  );
}

const [good, bad] = [{ port: 80 }, { port: 'http' }];

describe('what is wrong with a Service besides its problems', () => {
  it('are fields of it and of its slices that make no sense, until they are corrected', () => {
    const world = new TranslatorWorld();
    world.store.setService(webWith([good, bad]));
    world.store.setSlice(sliceWith([{ addresses: ['nowhere'] }]));
    assert.deepEqual(troubles(world), [
      'default/web: Service default/web',
      'default/web: EndpointSlice default/web-1',
    ]);
    world.store.setSlice(sliceWith([]));
    assert.deepEqual(troubles(world), ['default/web: Service default/web']);
    world.store.setService(webWith([good]));
    assert.deepEqual(troubles(world), []);
  });

  it('is that this program fails at it, until it no longer does', () => {
    const world = new TranslatorWorld();
    const broken = Object.defineProperty(service(), 'ports', {
      get: () => {
        throw new Error('a mistake of the test');
      },
    });
    world.store.setService(broken);
    assert.deepEqual(troubles(world), ['default/web: a mistake of the test']);
    world.store.deleteService('default/web');
    assert.deepEqual(troubles(world), []);
  });

  it('goes with it', () => {
    const world = new TranslatorWorld();
    world.store.setService(webWith([bad]));
    assert.equal(troubles(world).length, 1);
    world.store.deleteService('default/web');
    assert.deepEqual(troubles(world), []);
  });
});
