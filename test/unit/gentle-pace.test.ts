import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { GentlePace } from '../../src/gentle-pace.ts';

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise(setImmediate);
  }
}

/** Whether a rest is over, looked at after it could be. */
function watched(rest: Promise<void>): { isOver: boolean } {
  const state = { isOver: false };
  void rest.then(() => {
    state.isOver = true;
  });
  return state;
}

describe('a gentle pace', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  async function assertRests(rest: Promise<void>, ms: number): Promise<void> {
    const state = watched(rest);
    mock.timers.tick(ms - 1);
    await turns();
    assert.equal(state.isOver, false);
    mock.timers.tick(1);
    await turns();
    assert.equal(state.isOver, true);
  }

  it('rests fifteen times as long as the part before took', async () => {
    await assertRests(new GentlePace(1000).rest(2), 30);
  });

  it('rests no longer than a tenth of a second, whatever a part has met', async () => {
    await assertRests(new GentlePace(1000).rest(600), 100);
  });

  it('rests no longer in all than it may, and not at all after that', async () => {
    const pace = new GentlePace(40);
    await assertRests(pace.rest(2), 30);
    await assertRests(pace.rest(2), 10);
    const third = watched(pace.rest(2));
    await turns();
    assert.equal(third.isOver, true);
  });

  it('tells how long it has rested', async () => {
    const pace = new GentlePace(1000);
    assert.equal(new GentlePace(1000).restedMs, 0);
    const rest = pace.rest(2);
    const endMs = performance.now() + 5;
    while (performance.now() < endMs);
    pace.hurry();
    await rest;
    const { restedMs } = pace;
    assert.ok(restedMs >= 5);
    await pace.rest(2);
    assert.equal(pace.restedMs, restedMs);
  });

  it('ends its rest, and rests no more, once somebody is in a hurry', async () => {
    const pace = new GentlePace(1000);
    const first = watched(pace.rest(2));
    pace.hurry();
    await turns();
    assert.equal(first.isOver, true);
    const second = watched(pace.rest(2));
    await turns();
    assert.equal(second.isOver, true);
  });
});
