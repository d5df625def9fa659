import assert from 'node:assert/strict';
import {
  virtualServerDifference,
  type ObservedVirtualServer,
} from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import type { DesiredFrontEnd } from '../../../../src/translate/desired.ts';
import {
  changed,
  described,
  observedAs,
  realServers,
  frontEnd,
  withDraining,
} from '../../../support/rows.ts';

const key = 'TCP 10.96.0.1:80';

describe('a real server that is no longer wanted', () => {
  const gone = '10.244.1.1:8080';
  const before = frontEnd({ realServers: realServers('10.244.1.1', '10.244.1.2') });
  const left = changed(before, { realServers: realServers('10.244.1.2') });
  const nothing = { additions: [], removals: [] };
  const toWeight0 = {
    additions: [],
    removals: [`change real server ${gone} of ${key} (weight 0)`],
  };
  const deletion = { additions: [], removals: [`delete real server ${gone} from ${key}`] };

  function difference(
    desired: DesiredFrontEnd,
    observed: ObservedVirtualServer,
  ): ReturnType<typeof described> {
    return described(virtualServerDifference(desired, observed));
  }

  for (const protocol of ['TCP', 'SCTP'] as const) {
    it(`first gets weight 0 (${protocol}), even without connections: some may be on their way`, () => {
      const observed = observedAs(changed(before, { protocol }));
      const [change, ...others] = virtualServerDifference(
        changed(left, { protocol }),
        observed,
      ).removals;
      assert.deepEqual(others, []);
      assert.ok(change?.kind === 'change real server');
      assert.equal(change.realServer.weight, 0);
    });
  }

  it('stays with weight 0 while nobody knows that its connections are over', () => {
    assert.deepEqual(difference(left, withDraining(observedAs(before), gone, 'unknown')), nothing);
  });

  it('goes when its draining is over', () => {
    assert.deepEqual(difference(left, withDraining(observedAs(before), gone, 'over')), deletion);
  });

  it('does not go without weight 0 first, though it has no connections', () => {
    const { virtualServer } = observedAs(before);
    const drained = new Set(virtualServer.realServers.keys());
    assert.deepEqual(difference(left, { virtualServer, drained }), toWeight0);
  });

  it('gets its weight back when it is wanted again, over or not', () => {
    for (const drain of ['unknown', 'over'] as const) {
      assert.deepEqual(difference(before, withDraining(observedAs(before), gone, drain)), {
        additions: [`change real server ${gone} of ${key} (weight 1)`],
        removals: [],
      });
    }
  });

  it('goes at once over UDP, which has no connections that could end', () => {
    const udp = { protocol: 'UDP' } as const;
    assert.deepEqual(
      virtualServerDifference(
        changed(left, { ...udp }),
        observedAs(changed(before, { ...udp })),
      ).removals.map(({ kind }) => kind),
      ['delete real server'],
    );
  });

  it('goes at once where the limit is 0', () => {
    const atOnce = changed(left, { drainTimeoutMs: 0 });
    assert.deepEqual(difference(atOnce, observedAs(before)), deletion);
    const draining = withDraining(observedAs(before), gone, 'unknown');
    assert.deepEqual(difference(atOnce, draining), deletion);
  });

  it('drains also where it is the last one', () => {
    const none = changed(before, { realServers: new Map() });
    const only = frontEnd({ realServers: realServers('10.244.1.1') });
    assert.deepEqual(difference(none, observedAs(only)), toWeight0);
  });

  it('keeps its forwarding method while it drains', () => {
    const realServer = before.virtualServer.realServers.get(gone);
    assert.ok(realServer);
    const routed = changed(before, {
      realServers: new Map(before.virtualServer.realServers).set(gone, {
        ...realServer,
        method: 'route',
      }),
    });
    const [change] = virtualServerDifference(left, observedAs(routed)).removals;
    assert.ok(change?.kind === 'change real server');
    assert.equal(change.realServer.method, 'route');
  });

  it('goes at once with its virtual server', () => {
    assert.deepEqual(described(virtualServerDifference(undefined, observedAs(before))), {
      additions: [],
      removals: [`delete virtual server ${key}`],
    });
  });
});
