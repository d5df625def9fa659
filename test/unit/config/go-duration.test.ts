import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseGoDuration } from '../../../src/config/go-duration.ts';

describe('a Go duration', () => {
  const examples: Readonly<Record<string, number>> = {
    '0': 0,
    '0s': 0,
    '30s': 30_000,
    '1m30s': 90_000,
    '1.5h': 5_400_000,
    '250ms': 250,
    '1h0m0.5s': 3_600_500,
    '1500us': 1.5,
    '1500µs': 1.5,
    '2000000ns': 2,
  };
  for (const [text, ms] of Object.entries(examples)) {
    it(`${text} is ${ms} ms`, () => {
      const parsed = parseGoDuration(text);
      assert.ok(parsed !== undefined && Math.abs(parsed - ms) < 1e-6, String(parsed));
    });
  }

  for (const text of [
    '',
    '30',
    's',
    '-5s',
    '+5s',
    '5 s',
    '5S',
    '1d',
    '1e3s',
    '.s',
    '5s ',
    '1..5s',
  ]) {
    it(`'${text}' is none`, () => {
      assert.equal(parseGoDuration(text), undefined);
    });
  }

  it('of several units is the sum of them', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(59), fc.nat(59), (hours, minutes, seconds) => {
        const expected = ((hours * 60 + minutes) * 60 + seconds) * 1000;
        assert.equal(parseGoDuration(`${hours}h${minutes}m${seconds}s`), expected);
      }),
    );
  });
});
