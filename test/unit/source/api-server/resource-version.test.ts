import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isEarlier } from '../../../../src/source/api-server/resource-version.ts';

describe('resource versions', () => {
  it('compare as numbers, of any size', () => {
    const version = fc.bigInt({ min: 1n, max: 2n ** 63n });
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.equal(isEarlier(String(a), String(b)), a < b);
      }),
    );
  });

  it('do not compare where one is no number', () => {
    for (const odd of ['', 'abc', '0', '007', '-1', '1.5']) {
      assert.equal(isEarlier(odd, '100'), false, odd);
      assert.equal(isEarlier('100', odd), false, odd);
    }
  });
});
