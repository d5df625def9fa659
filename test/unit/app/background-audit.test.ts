import assert from 'node:assert/strict';
import { BackgroundAudit } from '../../../src/app/background-audit.ts';
import type { Pace } from '../../../src/base/work-in-parts.ts';

/** An audit whose reads end when the test says so. */
function setUp() {
  const paces: (Pace | undefined)[] = [];
  const ends: (() => void)[] = [];
  const reconciler = {
    read: (pace?: Pace) => {
      paces.push(pace);
      return new Promise<[]>((resolve) => {
        ends.push(() => {
          resolve([]);
        });
      });
    },
  };
  const told: string[] = [];
  const listener = {
    read: () => told.push('read'),
    failed: (error: Error) => told.push(error.message),
  };
  return { audit: new BackgroundAudit(reconciler, listener), paces, ends, told };
}

const turn = (): Promise<void> => new Promise(setImmediate);

/** Whether a read at this pace would rest as long as a part of 100 ms took. */
async function rests(pace: Pace | undefined): Promise<boolean> {
  if (pace === undefined) {
    return false;
  }
  return Promise.race([
    pace.rest(100).then(() => false),
    new Promise<boolean>((resolve) => {
      setTimeout(resolve, 20, true);
    }),
  ]);
}

describe('an audit in the background', () => {
  it('rests where it is merely due, and does not where somebody waits for it', async () => {
    const gentle = setUp();
    gentle.audit.request('gently');
    assert.equal(await rests(gentle.paces[0]), true);
    const urgent = setUp();
    urgent.audit.request('at once');
    assert.equal(await rests(urgent.paces[0]), false);
  });

  it('is followed by another, without rests, once one is wanted at once', async () => {
    const { audit, paces, ends, told } = setUp();
    audit.request('gently');
    audit.request('at once');
    assert.equal(paces.length, 1);
    ends[0]?.();
    await turn();
    assert.deepEqual(told, ['read']);
    assert.equal(paces.length, 2);
    assert.equal(await rests(paces[1]), false);
  });

  it('is wanted at once whatever is merely due besides', async () => {
    const { audit, paces, ends } = setUp();
    audit.request('gently');
    audit.request('at once');
    audit.request('gently');
    ends[0]?.();
    await turn();
    assert.equal(await rests(paces[1]), false);
  });

  it('is waited for when it is to stop, and starts no more', async () => {
    const { audit, paces, ends } = setUp();
    audit.request('gently');
    const stopped = audit.stop();
    ends[0]?.();
    await stopped;
    audit.request('at once');
    assert.equal(paces.length, 1);
  });
});
