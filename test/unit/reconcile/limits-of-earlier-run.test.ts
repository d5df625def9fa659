import assert from 'node:assert/strict';
import type { RealServers } from '../../../src/kernel/ipvs/model.ts';
import { rowsOf } from '../../support/kernel-rows.ts';
import { keyOf, places } from '../../support/reconcile-commands.ts';
import { worldWith, type World } from '../../support/reconcile-world.ts';
import { frontEnd, observedAs, realServers } from '../../support/rows.ts';

const [place] = places;

/** With a limit of 20 connections each. */
function limited(all: RealServers): RealServers {
  return new Map(
    Array.from(all, ([key, each]) => [key, { ...each, upperThreshold: 20, lowerThreshold: 15 }]),
  );
}

describe('limits that an earlier run has left, where none is wanted any more', () => {
  const web = realServers('10.244.1.1', '10.244.1.2');
  let world: World;

  beforeEach(async () => {
    assert.ok(place);
    const before = frontEnd({ limited: true, realServers: limited(web) });
    world = await worldWith([observedAs(before)]);
    // The Service is known before its endpoints are: nothing may be removed yet.
    await want(new Map());
    await world.run({ kind: 'audit' });
  });

  async function want(wanted: RealServers): Promise<void> {
    assert.ok(place);
    await world.run({ kind: 'desire', place, row: frontEnd({ realServers: wanted }) });
  }

  function held() {
    assert.ok(place);
    const row = rowsOf(world.kernel).get(keyOf(place));
    assert.ok(row);
    return row;
  }

  it('are told by the virtual server for as long as some are there', () => {
    assert.equal(held().settings.limited, true);
    assert.deepEqual(held().realServers, limited(web));
  });

  it('go when the endpoints come, though an audit has read the kernel in between', async () => {
    await world.run({ kind: 'audit' });
    await want(web);
    await world.settle();
    world.assertAsDesired();
  });

  it('go with the draining of those that do not come, and are told no longer', async () => {
    const { log } = world.kernel;
    log.length = 0;
    world.reconciler.allowRemovals();
    await world.reconciler.audit();
    assert.deepEqual(log.toSorted(), [
      'change real server 10.244.1.1:8080 of TCP 10.96.0.1:80 (weight 0)',
      'change real server 10.244.1.2:8080 of TCP 10.96.0.1:80 (weight 0)',
      'change virtual server TCP 10.96.0.1:80 (scheduler rr)',
    ]);
    assert.equal(held().settings.limited, false);
    assert.deepEqual(
      [...held().realServers.values()].map(({ weight, upperThreshold }) => [
        weight,
        upperThreshold,
      ]),
      [
        [0, 0],
        [0, 0],
      ],
    );
  });
});
