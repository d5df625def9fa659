import assert from 'node:assert/strict';
import { Latencies, type Latency } from '../../../src/app/latencies.ts';

/** What those who wait are told at `nowMs`, where the other clock shows `epochMs`. */
function told(tell: ReturnType<Latencies['take']>, nowMs: number, epochMs: number): Latency[] {
  const latencies: Latency[] = [];
  tell(
    nowMs,
    (latency) => latencies.push(latency),
    () => epochMs,
  );
  return latencies;
}

describe('the latencies of changes', () => {
  it('count from the arrival and from what triggered the change', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, 5000);
    assert.deepEqual(told(latencies.take(), 130, 5900), [
      { sinceArrivalMs: 30, sinceTriggerMs: 900 },
    ]);
  });

  it('have no time since the trigger where nobody says when it was', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, undefined);
    assert.deepEqual(told(latencies.take(), 130, 5900), [
      { sinceArrivalMs: 30, sinceTriggerMs: undefined },
    ]);
  });

  it('are never negative where the clock of another node is ahead', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, 6000);
    assert.equal(told(latencies.take(), 130, 5900)[0]?.sinceTriggerMs, 30, 'since its arrival');
  });

  it('are no years where the clock of a node has stepped', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, 6000);
    const tenYearsMs = 10 * 365 * 24 * 3_600_000;
    assert.equal(told(latencies.take(), 130, tenYearsMs)[0]?.sinceTriggerMs, 3_600_000);
  });

  it('count changes of one Service once, from the first', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, 5000);
    latencies.note('default/web', 120, 5500);
    latencies.note('default/dns', 125, undefined);
    assert.deepEqual(told(latencies.take(), 130, 6000), [
      { sinceArrivalMs: 30, sinceTriggerMs: 1000 },
      { sinceArrivalMs: 5, sinceTriggerMs: undefined },
    ]);
  });

  it('leave what arrives during a round to the next one', () => {
    const latencies = new Latencies();
    latencies.note('default/web', 100, undefined);
    const first = latencies.take();
    latencies.note('default/web', 110, undefined);
    latencies.note('default/dns', 115, undefined);
    assert.deepEqual(
      told(first, 120, 0).map(({ sinceArrivalMs }) => sinceArrivalMs),
      [20],
    );
    assert.deepEqual(
      told(latencies.take(), 130, 0).map(({ sinceArrivalMs }) => sinceArrivalMs),
      [20, 15],
    );
  });

  it('are none in a round that no change asked for', () => {
    assert.deepEqual(told(new Latencies().take(), 0, 0), []);
  });
});
