import assert from 'node:assert/strict';
import { BackOff } from '../../../src/reconcile/back-off.ts';

describe('the back-off of an object', () => {
  it('lets one that has not failed go at once', () => {
    const backOff = new BackOff();
    assert.equal(backOff.isDue('a', 0), true);
    assert.equal(backOff.nextDueAtMs(), undefined);
  });

  it('doubles with each failure, up to the longest wait', () => {
    const backOff = new BackOff({ firstMs: 100, longestMs: 1000 });
    const waits = Array.from({ length: 6 }, () => {
      backOff.failed('a', 5000);
      return (backOff.nextDueAtMs() ?? 0) - 5000;
    });
    assert.deepEqual(waits, [100, 200, 400, 800, 1000, 1000]);
  });

  it('ends exactly at its time', () => {
    const backOff = new BackOff({ firstMs: 100 });
    backOff.failed('a', 5000);
    assert.equal(backOff.isDue('a', 5099), false);
    assert.equal(backOff.isDue('a', 5100), true);
  });

  it('starts over after a success', () => {
    const backOff = new BackOff({ firstMs: 100 });
    backOff.failed('a', 0);
    backOff.failed('a', 0);
    backOff.succeeded('a');
    assert.deepEqual(backOff.keys(), []);
    backOff.failed('a', 0);
    assert.equal(backOff.nextDueAtMs(), 100);
  });

  it('is its own: others wait for themselves', () => {
    const backOff = new BackOff({ firstMs: 100 });
    backOff.failed('a', 0);
    backOff.failed('a', 0);
    backOff.failed('b', 0);
    assert.equal(backOff.isDue('b', 100), true);
    assert.equal(backOff.isDue('a', 100), false);
    assert.equal(backOff.nextDueAtMs(), 100);
    assert.deepEqual(backOff.keys(), ['a', 'b']);
  });

  it('stays at the longest wait, however often an object fails', () => {
    const backOff = new BackOff({ firstMs: 100, longestMs: 30_000 });
    for (let failure = 0; failure < 5000; failure += 1) {
      backOff.failed('a', 0);
    }
    assert.equal(backOff.nextDueAtMs(), 30_000);
  });
});
