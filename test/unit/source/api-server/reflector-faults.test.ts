import assert from 'node:assert/strict';
import { FaultWorld } from '../../../support/fault-world.ts';

const names = ['services', 'endpointslices', 'nodes'] as const;
const minuteMs = 60_000;

describe('when the API server fails,', () => {
  let world: FaultWorld;

  beforeEach(() => {
    world = new FaultWorld();
    // The longest of the waits that jitter can make.
    world.clock.chance = 0.999;
  });

  afterEach(async () => {
    world.transport.plan = () => undefined;
    await world.stop();
  });

  /** The number of requests, for each of the three resources. */
  function assertEach(request: string, expected: number): void {
    const counts = names.map((name) => world.observer.count(`${request} ${name}`));
    assert.deepEqual(counts, [expected, expected, expected], request);
  }

  function changedKeys(): string[] {
    return world.changes.splice(0).map((change) => (change.kind === 'service' ? change.key : ''));
  }

  /** Things change in the cluster: a Service is new, one is gone, one has another endpoint. */
  function changeCluster(): void {
    world.putService('new');
    world.removeService('old');
    world.putSlice('keep-a', '10.244.9.9');
  }

  async function startWithOld(): Promise<void> {
    world.putService('old');
    await world.start();
    world.assertRight();
    world.changes.splice(0);
  }

  it('and nothing fails, a quiet hour costs a watch in 5 to 10 minutes', async () => {
    await startWithOld();
    await world.clock.advance(60 * minuteMs);
    assert.deepEqual(world.changes, []);
    assertEach('list', 1);
    assertEach('version check', 0);
    assertEach('watch', 7);
    changeCluster();
    await world.clock.advance(0);
    world.assertRight();
    assert.deepEqual(world.complaints, []);
    assertEach('recovered', 0);
    assertEach('heard again', 0);
  });

  it('gone for ten minutes, the store stands, and is right within a second of its return', async () => {
    await startWithOld();
    world.transport.plan = () => ({ kind: 'refused' });
    world.model.breakWatches();
    const before = world.held();
    changeCluster();
    await world.clock.advance(10 * minuteMs);
    assert.deepEqual(world.held(), before);
    assert.deepEqual(world.changes, []);
    world.transport.plan = () => undefined;
    await world.clock.advance(1000);
    world.assertRight();
    assert.deepEqual(changedKeys(), ['default/new', 'default/old', 'default/keep-a']);
    world.putService('another');
    await world.clock.advance(0);
    world.assertRight();
    assertEach('list', 1);
    assertEach('watch', 2);
    // Two in a second at most, of which a server that is gone feels nothing.
    const attempts = world.observer.count('services: unreachable');
    assert.ok(attempts > 600 && attempts < 1500, `${attempts} attempts`);
    assert.deepEqual(world.complaints.length, 6);
    assert.equal(world.observer.count('recovered services'), 1);
    assert.equal(world.observer.count('heard again services'), 1);
  });

  it('gone from the start, it is waited for', async () => {
    world.transport.plan = () => ({ kind: 'refused' });
    world.begin();
    await world.clock.advance(10 * minuteMs);
    assert.equal(world.store.synced, false);
    world.transport.plan = () => undefined;
    await world.clock.advance(1000);
    world.assertRight();
    assert.equal(world.store.synced, true);
  });

  it('connections that are dead without a word are replaced in 150 s, without a list', async () => {
    await startWithOld();
    world.transport.silence();
    changeCluster();
    await world.clock.advance(149_999);
    assert.deepEqual(world.changes, []);
    await world.clock.advance(1);
    world.assertRight();
    assertEach('list', 1);
    assertEach('version check', 1);
    assertEach('watch', 2);
  });

  it('an answer that never begins is given up: a watch after 30 s, a list after 65 s', async () => {
    world.transport.plan = () => ({ kind: 'silent' });
    world.begin();
    await world.clock.advance(64_999);
    assert.deepEqual(world.complaints, []);
    world.transport.plan = (path) => (path.includes('watch') ? { kind: 'silent' } : undefined);
    await world.clock.advance(1);
    assert.equal(world.store.synced, true);
    assert.deepEqual(world.complaints, [
      'API server: cannot list nodes: nothing was heard from the server for 65 s',
    ]);
    changeCluster();
    world.transport.plan = () => undefined;
    await world.clock.advance(32_000);
    world.assertRight();
    assertEach('watch', 2);
  });

  it('a server that is slow is waited for, as long as it sends anything', async () => {
    world.transport.plan = (path) =>
      path.includes('watch') ? undefined : { kind: 'slow', length: 50, pauseMs: 20_000 };
    world.begin();
    await world.clock.advance(30 * minuteMs);
    world.assertRight();
    assert.equal(world.store.synced, true);
    assertEach('list', 1);
    assert.deepEqual(world.complaints, []);
  });

  for (const form of ['event', 'status'] as const) {
    it(`an expired version (410 as ${form}) costs one list, which touches only what changed`, async () => {
      await startWithOld();
      world.model.expiredAs = form;
      world.transport.plan = () => ({ kind: 'refused' });
      world.model.breakWatches();
      await world.clock.advance(1000);
      changeCluster();
      world.model.compact();
      world.transport.plan = () => undefined;
      await world.clock.advance(1000);
      world.assertRight();
      assert.deepEqual(changedKeys(), ['default/new', 'default/old', 'default/keep-a']);
      // The Nodes have not changed; their version has expired all the same.
      assertEach('list', 2);
      assertEach('watch', 3);
    });
  }

  it('versions that expire again and again cost ever fewer lists', async () => {
    await startWithOld();
    world.clock.chance = 0;
    world.transport.plan = (path) =>
      path.includes('watch') ? { kind: 'status', code: 410 } : undefined;
    world.model.breakWatches();
    await world.clock.advance(10 * minuteMs);
    const lists = world.observer.count('list services');
    assert.ok(lists > 40 && lists < 50, `${lists} lists`);
    assert.deepEqual(world.changes, []);
  });

  it('a continue token that expires half-way costs one list in one piece', async () => {
    for (let number = 0; number < 600; number += 1) {
      world.putService(`web-${number}`);
    }
    world.transport.plan = (path) => {
      if (path.includes('continue')) {
        world.removeService('web-0');
        world.putService('late');
        world.model.compact();
      }
      return undefined;
    };
    await world.start();
    world.assertRight();
    assert.equal(world.observer.count('list services'), 2);
    assert.deepEqual(world.complaints, []);
  });

  it('a busy server (429) is asked again when it said so', async () => {
    await startWithOld();
    world.clock.chance = 0;
    world.transport.plan = () => ({ kind: 'status', code: 429, retryAfterSeconds: 7 });
    world.model.endWatches();
    changeCluster();
    await world.clock.advance(1000);
    world.model.endWatches();
    world.transport.plan = () => undefined;
    await world.clock.advance(5999);
    assert.deepEqual(world.changes, []);
    await world.clock.advance(1401);
    world.assertRight();
    assertEach('list', 1);
    assert.ok(world.observer.count('services: busy') <= 1);
  });

  it('a wait that nobody can mean is cut short', async () => {
    await startWithOld();
    world.clock.chance = 0;
    world.transport.plan = () => ({ kind: 'status', code: 503, retryAfterSeconds: 1e9 });
    await world.clock.advance(2000);
    world.model.endWatches();
    await world.clock.advance(2000);
    world.transport.plan = () => undefined;
    changeCluster();
    await world.clock.advance(minuteMs);
    world.assertRight();
  });

  it('500s for a minute are borne with few requests, and followed by a list at most', async () => {
    await startWithOld();
    await world.clock.advance(2000);
    world.transport.plan = () => ({ kind: 'status', code: 500 });
    const before = world.transport.paths.length;
    world.model.endWatches();
    changeCluster();
    await world.clock.advance(minuteMs);
    assert.deepEqual(world.changes, []);
    assert.ok(world.transport.paths.length - before <= 3 * 10);
    world.transport.plan = () => undefined;
    await world.clock.advance(30_000);
    world.assertRight();
    assert.deepEqual(changedKeys().sort(), ['default/keep-a', 'default/new', 'default/old']);
    names.forEach((name) => {
      assert.ok(world.observer.count(`listed ${name}`) <= 2);
    });
  });

  it('a server that starts up, and refuses for some seconds, is followed soon', async () => {
    await startWithOld();
    world.transport.plan = () => ({ kind: 'status', code: 503 });
    world.model.breakWatches();
    await world.clock.advance(minuteMs);
    world.transport.plan = () => ({ kind: 'refused' });
    await world.clock.advance(minuteMs);
    // Until a server knows the roles it refuses everybody.
    world.transport.plan = () => ({ kind: 'status', code: 403 });
    await world.clock.advance(3000);
    world.transport.plan = () => undefined;
    changeCluster();
    await world.clock.advance(4000);
    world.assertRight();
    assertEach('list', 1);
  });

  it('a server that is back with an older etcd is believed after one list', async () => {
    await startWithOld();
    const backup = world.model.backup();
    changeCluster();
    await world.clock.advance(minuteMs);
    world.assertRight();
    world.model.restore(backup);
    world.model.breakWatches();
    await world.clock.advance(2400);
    world.assertRight();
    assertEach('list', 2);
    // What happens from now on has versions that were heard of before.
    world.putService('after');
    await world.clock.advance(0);
    world.assertRight();
  });

  it('an older etcd is noticed in 150 s even when no connection breaks', async () => {
    await startWithOld();
    const backup = world.model.backup();
    for (let count = 0; count < 100; count += 1) {
      changeCluster();
    }
    await world.clock.advance(minuteMs);
    world.model.restore(backup);
    world.model.endWatches();
    await world.clock.advance(152_000);
    world.assertRight();
    assertEach('list', 2);
  });

  it('a watch that ends as soon as it begins is asked for ever less often', async () => {
    await startWithOld();
    world.clock.chance = 0;
    const end = setEnding(world);
    await world.clock.advance(10 * minuteMs);
    end();
    const watches = world.observer.count('watch services');
    assert.ok(watches > 40 && watches < 60, `${watches} watches`);
    await world.clock.advance(15_000);
    changeCluster();
    await world.clock.advance(0);
    world.assertRight();
  });
});

/** The server ends each watch at once, from now on. */
function setEnding(world: FaultWorld): () => void {
  let isEnding = true;
  world.transport.plan = (path) => {
    if (isEnding && path.includes('watch')) {
      queueMicrotask(() => {
        queueMicrotask(() => {
          world.model.endWatches();
        });
      });
    }
    return undefined;
  };
  world.model.endWatches();
  return () => {
    isEnding = false;
  };
}
