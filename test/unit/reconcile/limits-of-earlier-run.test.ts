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

describe('limits that the kernel still has though their virtual server does not say so', () => {
  const web = realServers('10.244.1.1', '10.244.1.2');

  it('are seen by an audit that comes before the change whose outcome is not known', async () => {
    assert.ok(place);
    const world = await worldWith([]);
    const row = frontEnd({ limited: true, realServers: limited(web) });
    await world.run({ kind: 'desire', place, row });
    await world.settle();
    // The virtual server is changed, its real servers are not, and the answer makes no sense.
    world.kernel.refuses = ({ words }) =>
      words.startsWith('change real server') ? 'nonsense' : undefined;
    await world.run({ kind: 'desire', place, row: frontEnd({ realServers: web }) });
    await world.run({ kind: 'round' });
    world.kernel.refuses = () => undefined;
    await world.runWhileListed([]);
    await world.rest();
    world.assertAsDesired();
  });
});
