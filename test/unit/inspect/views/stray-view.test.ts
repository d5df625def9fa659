import assert from 'node:assert/strict';
import { strayView } from '../../../../src/inspect/views/virtual-server-view.ts';
import { service } from '../../../support/cluster-objects.ts';
import { InspectWorld } from '../../../support/inspect-world.ts';
import { plainSettings, realServer, virtualServer } from '../../../support/ipvs-examples.ts';

describe('the view of a virtual server that no Service wants', () => {
  const stray = (world: InspectWorld, address: string, owned: boolean) =>
    strayView(
      {
        id: virtualServer(address, 9090),
        settings: { ...plainSettings, owned },
        realServers: [
          {
            realServer: realServer('10.9.9.1', { weight: 0 }),
            activeConnections: 1,
            inactiveConnections: 0,
          },
        ],
      },
      world.cluster,
      world.kernel,
    );

  it('is foreign', () => {
    const view = stray(new InspectWorld(), '10.9.9.9', false);
    assert.deepEqual(view.state, { kind: 'foreign' });
    assert.deepEqual(
      view.realServers.map(({ state, weightBecause }) => [state, weightBecause]),
      [[{ kind: 'active', why: null }, 'set by others']],
    );
  });

  it('is refused at a VIP of a Service', () => {
    const world = new InspectWorld();
    world.store.setService(service());
    world.translate();
    const { state } = stray(world, '10.96.0.1', false);
    assert.equal(state.kind, 'foreign, refused');
    assert.equal(state.vipOf, 'default/web');
  });

  it('is refused at an address that we have bound', () => {
    const world = new InspectWorld();
    world.boundByUs.add('10.9.9.9');
    const { state } = stray(world, '10.9.9.9', false);
    assert.deepEqual([state.kind, 'vipOf' in state && state.vipOf], ['foreign, refused', null]);
  });

  it('is unknown where it is ours', () => {
    const view = stray(new InspectWorld(), '10.9.9.9', true);
    assert.equal(view.state.kind, 'unknown');
    assert.equal(view.realServers[0]?.state.kind, 'draining');
  });
});
