import assert from 'node:assert/strict';
import { isFull, limitsOf, refusesForOne } from '../../../../src/kernel/ipvs/fullness.ts';
import { plainSettings } from '../../../support/ipvs-examples.ts';

describe('a real server with limits', () => {
  const limits = limitsOf({ upperThreshold: 10, lowerThreshold: 4 });

  it('is full from its upper limit on, and until it has fewer connections than its lower one', () => {
    assert.deepEqual(
      [9, 10, 11].map((connections) => isFull(limits, connections, undefined)),
      [false, true, true],
    );
    assert.deepEqual(
      [3, 4, 9].map((connections) => isFull(limits, connections, 10)),
      [false, true, true],
    );
  });

  it('has three quarters for a lower limit where none is set', () => {
    assert.deepEqual(limitsOf({ upperThreshold: 10, lowerThreshold: 0 }), { upper: 10, lower: 8 });
  });

  it('is never full without an upper limit', () => {
    assert.equal(isFull(limitsOf({ upperThreshold: 0, lowerThreshold: 4 }), 1000, 10), false);
  });
});

describe('a virtual server refuses clients for one full real server', () => {
  for (const [scheduler, schedulerFlags, refuses] of [
    ['rr', 0, false],
    ['lc', 0, false],
    ['dh', 0, true],
    ['sh', 0, true],
    ['sh', 1, false],
    ['mh', 2, true],
    ['mh', 1, false],
  ] as const) {
    it(`${refuses ? 'with' : 'not with'} ${scheduler} and the flags ${schedulerFlags}`, () => {
      assert.equal(refusesForOne({ ...plainSettings, scheduler, schedulerFlags }), refuses);
    });
  }
});
