import assert from 'node:assert/strict';
import { firstOf } from '../../../../src/base/time/first-of.ts';

const never = new Promise<never>(() => undefined);
const longMs = 60_000;

describe('the first of some promises', () => {
  for (const [how, settled] of [
    ['resolved', () => Promise.resolve(1)],
    ['rejected', () => Promise.reject(new Error('somebody else handles it'))],
  ] as const) {
    it(`is waited for until it is ${how}`, async () => {
      await assert.doesNotReject(firstOf([never, settled()], longMs));
    });
  }

  it('is given up after a while', async () => {
    await assert.doesNotReject(firstOf([never], 1));
  });
});
