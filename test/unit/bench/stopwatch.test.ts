import assert from 'node:assert/strict';
import { Stopwatch } from '../../../hack/bench/stopwatch.ts';

describe('a stopwatch', () => {
  it('adds up the times of each part', () => {
    const stopwatch = new Stopwatch();
    stopwatch.add('kernel', 2);
    stopwatch.add('kernel', 3);
    stopwatch.add('encode', 7);
    assert.equal(stopwatch.total('kernel'), 5);
    assert.equal(stopwatch.total('encode'), 7);
    assert.equal(stopwatch.total('other'), 0);
  });

  it('hands through what the timed work answers', async () => {
    assert.equal(await new Stopwatch().time('kernel', () => Promise.resolve('answer')), 'answer');
  });

  it('counts the time of work that fails, and hands the failure through', async () => {
    const stopwatch = new Stopwatch();
    const work = stopwatch.time('kernel', async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('refused');
    });
    await assert.rejects(work, /refused/);
    assert.ok(stopwatch.total('kernel') > 1);
  });
});
