import assert from 'node:assert/strict';
import { endpoint, service, slice } from '../../support/cluster-objects.ts';
import { pass, running, settled, withoutClocks } from '../../support/controller-world.ts';

describe('the least time between two rounds (ipvs.minSyncPeriod)', () => {
  withoutClocks();

  it('holds a change back until it is over', async () => {
    const { store, translated } = await running({ minSyncPeriodMs: 10_000 });
    store.setSlice(slice([endpoint('10.244.1.2')]));
    await settled();
    assert.deepEqual(translated, []);
    await pass(10_000);
    assert.deepEqual(translated, ['default/web']);
  });

  it('lets changes wait, each Service once by what of it has changed', async () => {
    const { store, controller } = await running({ minSyncPeriodMs: 10_000 });
    const pending = () => [controller.pending('Service'), controller.pending('EndpointSlice')];
    store.setSlice(slice([endpoint('10.244.1.2')]));
    store.setSlice(slice([endpoint('10.244.1.3')]));
    assert.deepEqual(pending(), [0, 1]);
    store.setService(service({ externalTrafficPolicy: 'Local' }));
    assert.deepEqual(pending(), [1, 1]);
    await pass(10_000);
    assert.deepEqual(pending(), [0, 0]);
  });

  it('is none by default', async () => {
    const { store, translated } = await running();
    store.setSlice(slice([endpoint('10.244.1.2')]));
    await settled();
    assert.deepEqual(translated, ['default/web']);
  });
});
