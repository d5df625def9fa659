import assert from 'node:assert/strict';
import {
  bounds,
  boundsOfSmallTables,
  formatBound,
  isHeld,
  missedBounds,
  speedUp,
  timesFloor,
  type Summaries,
} from '../../../hack/bench/bounds.ts';
import type { VariantName } from '../../../hack/bench/variant-names.ts';

const required = { status: 'required', variant: 'client' } as const;

/** Medians in milliseconds; the extremes must not count. */
function summaries(medians: Partial<Record<VariantName, number>>): Summaries {
  const of = (name: VariantName) => ({ median: medians[name] ?? 1000, min: 0, max: 1e9 });
  return {
    ipvsadm: of('ipvsadm'),
    floor: of('floor'),
    client: of('client'),
    reconciler: of('reconciler'),
    everything: of('everything'),
    program: of('program'),
  };
}

describe('a bound of the benchmark', () => {
  it('compares medians with ipvsadm and with the floor', () => {
    const measured = summaries({ ipvsadm: 12_000, client: 1500, floor: 1000 });
    assert.equal(speedUp(measured, 'client'), 8);
    assert.equal(timesFloor(measured, 'client'), 1.5);
  });

  it('on the speed is held at exactly its ratio and missed below', () => {
    const bound = { ...required, kind: 'times as fast as ipvsadm', ratio: 6 } as const;
    assert.equal(isHeld(bound, summaries({ ipvsadm: 6000, client: 1000 })), true);
    assert.equal(isHeld(bound, summaries({ ipvsadm: 6000, client: 1001 })), false);
  });

  it('on the floor is held at exactly its ratio and missed above', () => {
    const bound = { ...required, kind: 'times the floor at most', ratio: 1.5 } as const;
    assert.equal(isHeld(bound, summaries({ floor: 1000, client: 1500 })), true);
    assert.equal(isHeld(bound, summaries({ floor: 1000, client: 1501 })), false);
  });

  it('is missed where the clock stood still', () => {
    const bound = { ...required, kind: 'times as fast as ipvsadm', ratio: 6 } as const;
    assert.equal(isHeld(bound, summaries({ ipvsadm: 0, client: 0 })), false);
  });

  it('that is missed is named with what was measured', () => {
    const measured = summaries({ ipvsadm: 5000, client: 1000 });
    const bound = { ...required, kind: 'times as fast as ipvsadm', ratio: 6 } as const;
    assert.deepEqual(missedBounds([bound], measured), [
      'batch client: encode and send: 5.00 times as fast as ipvsadm, the bound is >= 6x ipvsadm',
    ]);
  });

  it('that is held is not named', () => {
    const bound = { ...required, kind: 'times as fast as ipvsadm', ratio: 6 } as const;
    assert.deepEqual(missedBounds([bound], summaries({ ipvsadm: 12_000 })), []);
  });

  it('that is a goal yet fails nothing', () => {
    const bound = { ...required, kind: 'times as fast as ipvsadm', ratio: 6 } as const;
    const measured = summaries({ ipvsadm: 5000, client: 1000 });
    assert.equal(missedBounds([bound], measured).length, 1);
    assert.deepEqual(missedBounds([{ ...bound, status: 'goal' }], measured), []);
  });

  it('is written with its sign and what it compares with', () => {
    const written = [...bounds, ...boundsOfSmallTables].map(formatBound);
    assert.ok(written.includes('>= 6x ipvsadm'));
    assert.ok(written.includes('>= 2x ipvsadm'));
  });
});
