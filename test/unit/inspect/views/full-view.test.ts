import assert from 'node:assert/strict';
import { endpoint, service, slice } from '../../../support/cluster-objects.ts';
import { InspectWorld } from '../../../support/inspect-world.ts';

describe('the view of a Service with limits', () => {
  it('says which real servers are full, and when new connections are refused for that', () => {
    const world = new InspectWorld();
    const annotations = new Map([['kube-ipvs.io/max-connections', '4']]);
    world.store.setService(service({ annotations }));
    world.store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
    world.programAll(1, 2);
    const states = () =>
      world
        .view()
        .virtualServers.flatMap(({ state, realServers }) => [
          state.kind,
          ...realServers.map((each) => each.state.kind),
        ]);
    assert.deepEqual(states(), ['in place', 'active', 'active']);
    world.programAll(2, 2);
    assert.deepEqual(states(), ['full', 'full', 'full']);
    const [first] = world.view().virtualServers[0]?.realServers ?? [];
    assert.deepEqual(first?.state, {
      kind: 'full',
      why: 'no new connections until it has fewer than 3',
      connections: 4,
      limit: 4,
    });
  });
});
