import assert from 'node:assert/strict';
import { Latencies } from '../../src/latencies.ts';

describe('the time that a change takes', () => {
  it('counts from its arrival, and from its cause where that is known', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, 5000);
    latencies.note('default/dns', 110, undefined);
    assert.deepEqual(latencies.take()(130, 6000), [
      { sinceArrivalMs: 30, sinceTriggerMs: 1000 },
      { sinceArrivalMs: 20, sinceTriggerMs: undefined },
    ]);
  });

  it('counts once for changes of one Service that wait together, from the first', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, undefined);
    latencies.note('default/web', 120, undefined);
    assert.deepEqual(
      latencies
        .take()(130, 0)
        .map(({ sinceArrivalMs }) => sinceArrivalMs),
      [30],
    );
  });

  it('leaves a change that comes during a round to the next one', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, undefined);
    const first = latencies.take();
    latencies.note('default/web', 120, undefined);
    assert.equal(first(130, 0).length, 1);
    assert.equal(latencies.take()(140, 0)[0]?.sinceArrivalMs, 20);
  });

  it('is not negative where clocks differ', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 0, 2000);
    assert.equal(latencies.take()(1, 1000)[0]?.sinceTriggerMs, 0);
  });
});
