import assert from 'node:assert/strict';
import { FaultWorld } from '../../../support/fault-world.ts';
import { paths } from '../../../support/model-api.ts';

describe('of the events of watches,', () => {
  let world: FaultWorld;

  beforeEach(() => {
    world = new FaultWorld();
  });

  afterEach(async () => {
    await world.stop();
  });

  it('an event that comes twice, or after a later one, changes nothing', async () => {
    for (const kind of ['twice', 'echo'] as const) {
      const other = new FaultWorld();
      other.transport.plan = (path) => (path.includes('watch') ? { kind } : undefined);
      await other.start();
      other.changes.splice(0);
      other.putService('web', 80);
      other.putService('web', 81);
      other.removeService('web');
      other.putService('web', 82);
      other.putSlice('web', '10.244.1.7');
      other.putSlice('web', '10.244.1.8');
      await other.clock.advance(0);
      other.assertRight();
      assert.equal(other.changes.length, 6, kind);
      assert.equal(other.observer.count('passed over services'), kind === 'echo' ? 3 : 0);
      await other.stop();
    }
  });

  it('the order in which Services and slices come does not matter', async () => {
    await world.start();
    const release = world.transport.hold('services');
    world.putService('web');
    world.putSlice('web');
    await world.clock.advance(1000);
    assert.equal(world.store.service('default/web'), undefined);
    assert.equal(world.store.slices('default/web').length, 1);
    release();
    await world.clock.advance(0);
    world.assertRight();
    const releaseSlices = world.transport.hold('endpointslices');
    world.removeSlice('web');
    world.removeService('web');
    await world.clock.advance(1000);
    assert.equal(world.store.slices('default/web').length, 1);
    releaseSlices();
    await world.clock.advance(0);
    world.assertRight();
  });

  it('events say when they arrived, lists do not', async () => {
    await world.start();
    assert.ok(world.changes.every((change) => change.kind !== 'service' || !change.arrivedMs));
    world.changes.splice(0);
    await world.clock.advance(1234);
    world.putService('new');
    world.putSlice('new');
    world.removeSlice('new');
    await world.clock.advance(100);
    assert.deepEqual(
      world.changes.map((change) => change.kind === 'service' && change.arrivedMs),
      [1234, 1234, 1234],
    );
  });

  it('the Node is followed too', async () => {
    await world.start();
    world.model.remove(paths.nodes, world.model.objects(paths.nodes)[0]!);
    await world.clock.advance(0);
    world.assertRight();
    assert.equal(world.store.node, undefined);
  });
});
