import assert from 'node:assert/strict';
import { extrapolate } from '../../../hack/bench/extrapolate.ts';

const services = [5000, 10_000] as const;

describe('what a larger cluster would cost', () => {
  it('lies on the straight line through two sizes', () => {
    assert.equal(extrapolate({ services, each: [40, 80] }, 50_000), 400);
    assert.equal(extrapolate({ services, each: [3, 4] }, 10_000), 4);
  });

  it('is the same for each where that does not grow', () => {
    assert.equal(extrapolate({ services, each: [2, 2] }, 50_000), 2);
  });

  it('never falls with more Services: that was noise', () => {
    assert.equal(extrapolate({ services, each: [4, 2] }, 50_000), 3);
  });
});
