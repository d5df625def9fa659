import assert from 'node:assert/strict';
import fc from 'fast-check';
import { closestName, editDistance } from '../../../../src/base/text/closest-name.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

describe('the distance of two names', () => {
  for (const [from, to, distance] of [
    ['', '', 0],
    ['', 'abc', 3],
    ['mode', 'mode', 0],
    ['mode', 'mod', 1],
    ['mode', 'modes', 1],
    ['mode', 'mote', 1],
    ['mode', 'moed', 1],
    ['schedular', 'scheduler', 1],
  ] as const) {
    it(`of "${from}" and "${to}" is ${distance}`, () => {
      assert.equal(editDistance(from, to), distance);
    });
  }

  it('is the same both ways, and no longer than the longer name', () => {
    fc.assert(
      fc.property(word, word, (from, to) => {
        const distance = editDistance(from, to);
        assert.equal(distance, editDistance(to, from));
        assert.ok(distance <= Math.max(from.length, to.length));
        assert.ok(distance >= Math.abs(from.length - to.length));
        assert.equal(distance === 0, from === to);
      }),
    );
  });
});

describe('the name that was meant', () => {
  const known = ['scheduler', 'scheduler-flags', 'drain-timeout'];
  for (const [unknown, meant] of [
    ['schedular', 'scheduler'],
    ['scheduler-flag', 'scheduler-flags'],
    ['Drain-Timeout', 'drain-timeout'],
    ['draintimeout', 'drain-timeout'],
    ['team', undefined],
    ['', undefined],
  ] as const) {
    it(`by "${unknown}" is ${meant ?? 'nobody knows which'}`, () => {
      assert.equal(closestName(unknown, known), meant);
    });
  }
});
