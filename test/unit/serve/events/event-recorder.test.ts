import assert from 'node:assert/strict';
import { nodeEvent, type ProgramEvent } from '../../../../src/serve/events/event.ts';
import { QueuedEventRecorder } from '../../../../src/serve/events/event-recorder.ts';

const hour = 3_600_000;

function event(note: string, { namespace = 'default', name = 'web' } = {}): ProgramEvent {
  const regarding = { kind: 'Service', namespace, name, uid: '' } as const;
  return { regarding, reason: 'UnknownScheduler', note };
}

/** A recorder over an API server that answers when it is let. */
class World {
  readonly written: string[] = [];
  readonly failed: string[] = [];
  readonly pauses: number[] = [];
  /** Whether time passes when it is waited for. */
  timePasses = true;
  nowMs = 0;
  underway = 0;
  most = 0;
  answers: Promise<unknown> = Promise.resolve();
  readonly recorder = new QueuedEventRecorder(
    async ({ regarding, note }, signal) => {
      this.underway += 1;
      this.most = Math.max(this.most, this.underway);
      try {
        await Promise.race([this.answers, aborted(signal)]);
        this.written.push(`${regarding.name} ${note}`);
      } finally {
        this.underway -= 1;
      }
    },
    (error) => this.failed.push(error.message),
    {
      now: () => this.nowMs,
      pause: (ms) => {
        if (!this.timePasses) {
          return new Promise(() => undefined);
        }
        this.pauses.push(ms);
        this.nowMs += ms;
        return Promise.resolve();
      },
    },
  );
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('aborted'));
    });
  });
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
      world.recorder.record(event(value));
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
    world.recorder.record(event('a'));
    world.nowMs = hour - 1;
    world.recorder.record(event('a'));
    await settled();
    assert.deepEqual(world.written, ['web a']);
    world.nowMs = hour;
    world.recorder.record(event('a'));
    await settled();
    assert.deepEqual(world.written, ['web a', 'web a']);
  });

  it('forgets each one an hour after it was written, not after it was asked for again', async () => {
    const world = new World();
    world.recorder.record(event('a'));
    world.nowMs = hour / 2;
    world.recorder.record(event('b'));
    world.recorder.record(event('a'));
    world.nowMs = hour;
    world.recorder.record(event('b'));
    world.recorder.record(event('a'));
    await settled();
    assert.deepEqual(world.written, ['web a', 'web b', 'web a']);
  });

  it('takes another value or another Service for another one', async () => {
    const world = new World();
    world.recorder.record(event('a'));
    world.recorder.record(event('b'));
    world.recorder.record(event('a', { name: 'other' }));
    world.recorder.record(event('a', { namespace: 'other' }));
    await settled();
    assert.equal(world.written.length, 4);
  });

  it('tells of one that could not be written, drops it, and goes on', async () => {
    const world = new World();
    world.answers = Promise.reject(new Error('forbidden'));
    world.recorder.record(event('a'));
    await settled();
    assert.deepEqual(world.failed, ['forbidden']);
    world.answers = Promise.resolve();
    world.recorder.record(event('b'));
    await settled();
    assert.deepEqual(world.written, ['web b']);
  });

  it('tells the Node before the Services', async () => {
    const world = new World();
    const held = Promise.withResolvers<undefined>();
    world.answers = held.promise;
    world.recorder.record(event('a'));
    world.recorder.record(event('b'));
    world.recorder.record(nodeEvent('node-a', 'KernelIncomplete', 'c'));
    held.resolve(undefined);
    await settled();
    assert.deepEqual(world.written, ['web a', 'node-a c', 'web b']);
  });

  it('writes 25 at once, and then one each 10 seconds', async () => {
    const world = new World();
    for (let index = 0; index < 30; index += 1) {
      world.recorder.record(event(String(index)));
    }
    await settled();
    assert.equal(world.written.length, 30);
    assert.deepEqual(world.pauses, Array(5).fill(10_000));
    world.nowMs += hour / 2;
    for (let index = 30; index < 55; index += 1) {
      world.recorder.record(event(String(index)));
    }
    await settled();
    assert.equal(world.written.length, 55);
    assert.equal(world.pauses.length, 5);
  });

  it('keeps no more than 500 waiting; what it dropped may come again', async () => {
    const world = new World();
    const held = Promise.withResolvers<undefined>();
    world.answers = held.promise;
    // The first is under way and does not wait.
    for (let index = 0; index < 700; index += 1) {
      world.recorder.record(event(String(index)));
    }
    held.resolve(undefined);
    await settled();
    assert.equal(world.written.length, 501);
    world.recorder.record(event('699'));
    await settled();
    assert.equal(world.written.at(-1), 'web 699');
  });

  it('ends once what waits is written', async () => {
    const world = new World();
    world.timePasses = false;
    const held = Promise.withResolvers<undefined>();
    world.answers = held.promise;
    world.recorder.record(event('a'));
    const closed = world.recorder.close();
    held.resolve(undefined);
    await closed;
    assert.deepEqual(world.written, ['web a']);
    world.recorder.record(event('b'));
    await settled();
    assert.deepEqual(world.written, ['web a']);
  });

  it('ends without waiting for an API server that does not answer', async () => {
    const world = new World();
    world.answers = new Promise(() => undefined);
    world.recorder.record(event('a'));
    await world.recorder.close();
    await settled();
    assert.deepEqual(world.pauses, [1000]);
    assert.equal(world.underway, 0);
    assert.deepEqual(world.failed, []);
  });
});
