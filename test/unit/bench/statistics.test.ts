import assert from 'node:assert/strict';
import fc from 'fast-check';
import { groupReadings, percentile, summarize } from '../../../hack/bench/statistics.ts';

describe('the summary of measurements', () => {
  it('takes the middle one of an odd number, whatever their order', () => {
    assert.deepEqual(summarize([30, 1, 20]), { median: 20, min: 1, max: 30 });
  });

  it('takes the mean of the middle two of an even number', () => {
    assert.deepEqual(summarize([4, 1, 100, 2]), { median: 3, min: 1, max: 100 });
  });

  it('compares numbers, not their texts', () => {
    assert.deepEqual(summarize([9, 10, 100]), { median: 10, min: 9, max: 100 });
  });

  it('of one measurement is that one', () => {
    assert.deepEqual(summarize([7]), { median: 7, min: 7, max: 7 });
  });

  it('refuses to say anything about nothing', () => {
    assert.throws(() => summarize([]), RangeError);
  });

  it('has as many measurements below the median as above', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (samples) => {
        const { median, min, max } = summarize(samples);
        const below = samples.filter((sample) => sample < median).length;
        const above = samples.filter((sample) => sample > median).length;
        assert.ok(below <= samples.length / 2 && above <= samples.length / 2);
        assert.deepEqual([min, max], [Math.min(...samples), Math.max(...samples)]);
      }),
    );
  });
});

describe('a percentile', () => {
  it('is the sample that so many percent of all do not exceed', () => {
    const samples = Array.from({ length: 1000 }, (_, at) => 1000 - at);
    assert.equal(percentile(samples, 50), 500);
    assert.equal(percentile(samples, 99), 990);
    assert.equal(percentile(samples, 100), 1000);
    assert.equal(percentile(samples, 0), 1);
  });

  it('of few samples is the largest', () => {
    assert.equal(percentile([3, 1, 2], 99), 3);
  });

  it('of nothing is refused', () => {
    assert.throws(() => percentile([], 99), RangeError);
  });
});

describe('the values of readings', () => {
  it('are gathered by name, in the order in which they come', () => {
    const groups = groupReadings([
      { parse: 1, kernel: 2 },
      { parse: 3, kernel: 4 },
    ]);
    assert.deepEqual(
      [...groups],
      [
        ['parse', [1, 3]],
        ['kernel', [2, 4]],
      ],
    );
  });

  it('of a reading without any are none', () => {
    assert.deepEqual([...groupReadings([{}, {}])], []);
  });
});
