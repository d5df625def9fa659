import assert from 'node:assert/strict';
import {
  isVariantName,
  orderOfRun,
  parseMeasurement,
  variantNames,
} from '../../../hack/bench/variant-names.ts';

describe('the variants of the benchmark', () => {
  it('take turns in being the first of a run', () => {
    const firsts = variantNames.map((_, run) => orderOfRun(run)[0]);
    assert.deepEqual(new Set(firsts), new Set(variantNames));
  });

  it('are all in every run', () => {
    for (const run of [0, 1, 5, 6, 17]) {
      assert.deepEqual(orderOfRun(run).toSorted(), [...variantNames].toSorted());
    }
  });

  it('are known by their names alone', () => {
    assert.equal(isVariantName('floor'), true);
    assert.equal(isVariantName('toString'), false);
  });
});

describe('what the process of a variant writes', () => {
  it('is a measurement with its parts', () => {
    const text = '{"ms":12.5,"parts":{"kernel":3}}\n';
    assert.deepEqual(parseMeasurement(text), { ms: 12.5, parts: { kernel: 3 } });
  });

  for (const text of ['', 'null', '{}', '{"ms":"1","parts":{}}', '{"ms":1,"parts":{"a":"b"}}']) {
    it(`is refused where it is '${text}'`, () => {
      assert.throws(() => parseMeasurement(text));
    });
  }
});
