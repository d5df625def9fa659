import assert from 'node:assert/strict';
import { TakeOver } from '../../../src/app/take-over.ts';
import type { KubeProxySeen } from '../../../src/kernel/takeover/kube-proxy-seen.ts';

const gone: KubeProxySeen = { kind: 'not seen', isCertain: true };
const runs: KubeProxySeen = { kind: 'runs', how: 'process 812' };

class World {
  seen: KubeProxySeen = gone;
  isReady = true;
  nowMs = 0;
  failure: Error | undefined;
  readonly told: string[] = [];
  readonly #takeOver = new TakeOver(
    {
      isReady: () => this.isReady,
      look: () => Promise.resolve(this.seen),
      remove: () =>
        this.failure === undefined
          ? Promise.resolve(['delete chain KUBE-SERVICES'])
          : Promise.reject(this.failure),
    },
    {
      waits: ({ how }) => this.told.push(`waits: ${how}`),
      done: (removed, isCertain) =>
        this.told.push(`removed ${removed.length}, certain: ${isCertain}`),
      failed: (error) => this.told.push(`failed: ${error.message}`),
    },
    () => this.nowMs,
  );

  /** Looks every ten seconds for so long. */
  async after(seconds: number): Promise<readonly string[]> {
    for (const endMs = this.nowMs + seconds * 1000; this.nowMs < endMs; this.nowMs += 10_000) {
      await this.#takeOver.look();
    }
    return this.told.splice(0);
  }
}

describe('the take-over by itself', () => {
  it('removes what kube-proxy has left when none was seen for a minute, and not before', async () => {
    const world = new World();
    assert.deepEqual(await world.after(60), []);
    assert.deepEqual(await world.after(10), ['removed 1, certain: true']);
  });

  it('begins the minute anew with each kube-proxy that is seen, and tells once that it waits', async () => {
    const world = new World();
    await world.after(50);
    world.seen = runs;
    assert.deepEqual(await world.after(100), ['waits: process 812']);
    world.seen = gone;
    assert.deepEqual(await world.after(60), []);
    assert.deepEqual(await world.after(10), ['removed 1, certain: true']);
  });

  it('waits until the node is served without it', async () => {
    const world = new World();
    world.isReady = false;
    assert.deepEqual(await world.after(300), []);
    world.isReady = true;
    assert.deepEqual(await world.after(10), ['removed 1, certain: true']);
  });

  it('says where the processes of the node are hidden from it', async () => {
    const world = new World();
    world.seen = { kind: 'not seen', isCertain: false };
    assert.deepEqual(await world.after(70), ['removed 1, certain: false']);
  });

  it('tries again a minute after it has failed', async () => {
    const world = new World();
    world.failure = new Error('the lock is held');
    assert.deepEqual(await world.after(70), ['failed: the lock is held']);
    world.failure = undefined;
    assert.deepEqual(await world.after(60), []);
    assert.deepEqual(await world.after(10), ['removed 1, certain: true']);
  });
});
