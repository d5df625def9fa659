import assert from 'node:assert/strict';
import { QueuedEventRecorder } from '../../../src/events/event-recorder.ts';
import { serviceProblem, type ServiceProblem } from '../../../src/translate/service-problem.ts';
import { service } from '../../support/cluster-objects.ts';

const hour = 3_600_000;

function problem(value: string, fields: Parameters<typeof service>[0] = {}): ServiceProblem {
  return serviceProblem(service(fields), 'UnknownScheduler', {
    field: 'scheduler',
    value,
    allowed: 'rr',
  });
}

/** A recorder over an API server that answers when it is let. */
class World {
  readonly written: string[] = [];
  readonly failed: string[] = [];
  readonly clock = { nowMs: 0 };
  underway = 0;
  most = 0;
  answers: Promise<unknown> = Promise.resolve();
  readonly recorder = new QueuedEventRecorder(
    async ({ service: { name }, note }) => {
      this.underway += 1;
      this.most = Math.max(this.most, this.underway);
      try {
        await this.answers;
        this.written.push(`${name} ${/"(.*)"/.exec(note)?.[1] ?? ''}`);
      } finally {
        this.underway -= 1;
      }
    },
    (error) => this.failed.push(error.message),
    () => this.clock.nowMs,
  );
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the recorder of Events', () => {
  it('writes one after the other, in their order', async () => {
    const world = new World();
    const held = Promise.withResolvers<undefined>();
    world.answers = held.promise;
    for (const value of ['a', 'b', 'c']) {
      world.recorder.record(problem(value));
    }
    await settled();
    assert.deepEqual(world.written, []);
    held.resolve(undefined);
    await settled();
    assert.deepEqual(world.written, ['web a', 'web b', 'web c']);
    assert.equal(world.most, 1);
  });

  it('writes the same one at most once an hour', async () => {
    const world = new World();
    world.recorder.record(problem('a'));
    world.clock.nowMs = hour - 1;
    world.recorder.record(problem('a'));
    await settled();
    assert.deepEqual(world.written, ['web a']);
    world.clock.nowMs = hour;
    world.recorder.record(problem('a'));
    await settled();
    assert.deepEqual(world.written, ['web a', 'web a']);
  });

  it('forgets each one an hour after it was written, not after it was asked for again', async () => {
    const world = new World();
    world.recorder.record(problem('a'));
    world.clock.nowMs = hour / 2;
    world.recorder.record(problem('b'));
    world.recorder.record(problem('a'));
    world.clock.nowMs = hour;
    world.recorder.record(problem('b'));
    world.recorder.record(problem('a'));
    await settled();
    assert.deepEqual(world.written, ['web a', 'web b', 'web a']);
  });

  it('takes another value or another Service for another one', async () => {
    const world = new World();
    world.recorder.record(problem('a'));
    world.recorder.record(problem('b'));
    world.recorder.record(problem('a', { name: 'other' }));
    world.recorder.record(problem('a', { namespace: 'other' }));
    await settled();
    assert.equal(world.written.length, 4);
  });

  it('tells of one that could not be written, drops it, and goes on', async () => {
    const world = new World();
    world.answers = Promise.reject(new Error('forbidden'));
    world.recorder.record(problem('a'));
    await settled();
    assert.deepEqual(world.failed, ['forbidden']);
    world.answers = Promise.resolve();
    world.recorder.record(problem('b'));
    await settled();
    assert.deepEqual(world.written, ['web b']);
  });

  it('keeps no more than 500 waiting; what it dropped may come again', async () => {
    const world = new World();
    const held = Promise.withResolvers<undefined>();
    world.answers = held.promise;
    // The first is under way and does not wait.
    for (let index = 0; index < 700; index += 1) {
      world.recorder.record(problem(String(index)));
    }
    held.resolve(undefined);
    await settled();
    assert.equal(world.written.length, 501);
    world.recorder.record(problem('699'));
    await settled();
    assert.equal(world.written.at(-1), 'web 699');
  });
});
