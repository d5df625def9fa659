import assert from 'node:assert/strict';
import { SparingLog } from '../../../src/cli/sparing-log.ts';
import { recordedLog } from '../../support/cli-log.ts';

describe('a log for what may happen often', () => {
  it('writes the same message a few times, and then once a minute with the number held back', () => {
    const clock = { nowMs: 0 };
    const recorded = recordedLog();
    const sparing = new SparingLog(recorded.log, () => clock.nowMs);
    for (let second = 0; second < 120; second += 1) {
      sparing.write('info', 'addresses of the node', { second });
      clock.nowMs += 1000;
    }
    const shown = recorded.lines.filter(({ level }) => level === 'info');
    assert.deepEqual(
      shown.map(({ second, heldBack }) => [second, heldBack]),
      [
        [0, undefined],
        [1, undefined],
        [2, undefined],
        [60, 57],
      ],
    );
    assert.equal(recorded.messages('debug').length, 116);
  });

  it('holds back no other message for that', () => {
    const recorded = recordedLog();
    const sparing = new SparingLog(recorded.log, () => 0);
    for (let times = 0; times < 5; times += 1) {
      sparing.write('warn', 'one');
    }
    sparing.write('info', 'another');
    assert.deepEqual(recorded.messages('warn'), ['one', 'one', 'one']);
    assert.deepEqual(recorded.messages('info'), ['another']);
  });
});
