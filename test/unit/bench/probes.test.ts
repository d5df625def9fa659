import assert from 'node:assert/strict';
import { inTurn, isProbeName, probeNames } from '../../../hack/bench/probe-names.ts';
import { parseReading, valueOf, valuesOf } from '../../../hack/bench/reading.ts';

describe('the probes of the benchmark', () => {
  it('take turns in being the first of a run', () => {
    const firsts = probeNames.map((_, run) => inTurn(probeNames, run)[0]);
    assert.deepEqual(new Set(firsts), new Set(probeNames));
  });

  it('are all in every run', () => {
    for (const run of [0, 1, 5, 6, 17]) {
      assert.deepEqual(inTurn(probeNames, run).toSorted(), [...probeNames].toSorted());
    }
  });

  it('are known by their names alone', () => {
    assert.equal(isProbeName('floor'), true);
    assert.equal(isProbeName('toString'), false);
  });
});

describe('what the process of a probe writes', () => {
  it('is a reading: numbers with names', () => {
    assert.deepEqual(parseReading('{"ms":12.5,"kernel":3}\n'), { ms: 12.5, kernel: 3 });
  });

  for (const text of ['', 'null', '[1]', '3', '{"ms":"1"}', '{"ms":null}', '{"ms":{"a":1}}']) {
    it(`is refused where it is '${text}'`, () => {
      assert.throws(() => parseReading(text));
    });
  }

  it('is taken run by run', () => {
    assert.deepEqual(valuesOf([{ ms: 1 }, { ms: 2, kernel: 3 }], 'ms'), [1, 2]);
  });

  it('is refused where a value is missing', () => {
    assert.throws(() => valueOf({ ms: 1 }, 'kernel'), /'kernel'/);
  });
});
