import assert from 'node:assert/strict';
import { endpoint, slice } from '../../support/cluster-objects.ts';
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

  it('is none by default', async () => {
    const { store, translated } = await running();
    store.setSlice(slice([endpoint('10.244.1.2')]));
    await settled();
    assert.deepEqual(translated, ['default/web']);
  });
});
