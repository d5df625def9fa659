import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  longestTimerMs,
  pause,
  startInterval,
  startTimer,
} from '../../../../src/base/time/timers.ts';

const month = 31 * 24 * 3_600_000;

describe('a timer', () => {
  it('of more than Node can count does not end at once', async () => {
    const ended: string[] = [];
    const end = new AbortController();
    const timer = startTimer(() => ended.push('timer'), month);
    const interval = startInterval(() => ended.push('interval'), month);
    const paused = pause(month, end.signal).then(
      () => ended.push('pause'),
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    clearTimeout(timer);
    clearInterval(interval);
    end.abort();
    await paused;
    assert.deepEqual(ended, []);
  });

  describe('with a clock that the test sets', () => {
    beforeEach(() => {
      mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    });
    afterEach(() => {
      mock.timers.reset();
    });

    for (const ms of [month, Infinity]) {
      it(`of ${ms} ms ends after the longest time that Node can count`, async () => {
        const ended: string[] = [];
        startTimer(() => ended.push('timer'), ms);
        const interval = startInterval(() => ended.push('interval'), ms);
        mock.timers.tick(longestTimerMs - 1);
        await nextTurn();
        assert.deepEqual(ended, []);
        mock.timers.tick(1);
        assert.deepEqual(ended, ['timer', 'interval']);
        clearInterval(interval);
      });
    }

    it('of a time that is over ends with the next turn', () => {
      let ended = 0;
      startTimer(() => (ended += 1), -5);
      mock.timers.tick(1);
      assert.equal(ended, 1);
    });
  });
});
