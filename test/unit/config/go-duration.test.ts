import assert from 'node:assert/strict';
import { parseGoDuration } from '../../../src/config/go-duration.ts';

describe('a duration of Go', () => {
  for (const [text, ms] of Object.entries({
    '0': 0,
    '0s': 0,
    '30s': 30_000,
    '1m30s': 90_000,
    '1h0m0s': 3_600_000,
    '24h0m0s': 86_400_000,
    '250ms': 250,
    '1.5h': 5_400_000,
    '1000us': 1,
    '1000µs': 1,
  })) {
    it(`${text} is ${ms} ms`, () => {
      assert.equal(parseGoDuration(text), ms);
    });
  }
  for (const text of ['', '30', '-1s', '1d', 's', '1 s', '1s ', '1e3s', '0x1s']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.equal(parseGoDuration(text), undefined);
    });
  }
});
