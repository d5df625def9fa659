import assert from 'node:assert/strict';
import {
  firstOf,
  noCounters,
  type CounterReading,
  type CounterView,
} from '../../../../src/inspect/statistics/counters.ts';

const reading = (connections: number): CounterReading => ({
  totals: { connections, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 },
  perSecond: undefined,
});
const [inBackground, onALook] = [reading(1), reading(2)];
const looked: CounterView = { virtualServer: () => onALook, realServer: () => onALook };

describe('counters of two readings', () => {
  it('are those of the first', () => {
    const first: CounterView = {
      virtualServer: () => inBackground,
      realServer: () => inBackground,
    };
    const both = firstOf(first, looked);
    assert.equal(both.virtualServer('web'), inBackground);
    assert.equal(both.realServer('web', 'pod'), inBackground);
  });

  it('are those of the second where the first has not read them', () => {
    const sumsAlone: CounterView = { ...noCounters, virtualServer: () => inBackground };
    const both = firstOf(sumsAlone, looked);
    assert.equal(both.virtualServer('web'), inBackground);
    assert.equal(both.realServer('web', 'pod'), onALook);
    assert.equal(firstOf(noCounters, looked).virtualServer('web'), onALook);
  });
});
