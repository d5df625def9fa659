import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  allPorts,
  commonPorts,
  formatPortRange,
  mergedPorts,
  withoutPorts,
  type PortRange,
} from '../../../src/net/port-range.ts';

/** Low, so that many meet. */
const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 9 }))
    .map(([first, more]): PortRange => ({ first, last: first + more })),
  { maxLength: 6 },
);

function portsIn(all: readonly PortRange[]): readonly number[] {
  const ports = new Set<number>();
  for (const { first, last } of all) {
    for (let port = first; port <= last; port += 1) {
      ports.add(port);
    }
  }
  return [...ports].toSorted((a, b) => a - b);
}

describe('ranges of ports', () => {
  it('are the same ports when they are merged, in as few ranges as possible', () => {
    fc.assert(
      fc.property(ranges, (all) => {
        const merged = mergedPorts(all);
        assert.deepEqual(portsIn(merged), portsIn(all));
        merged.slice(1).forEach(({ first }, index) => {
          assert.ok(first > (merged[index]?.last ?? 0) + 1);
        });
      }),
    );
  });

  it('without others have all their other ports', () => {
    fc.assert(
      fc.property(ranges, ranges, (all, taken) => {
        const gone = new Set(portsIn(taken));
        const expected = portsIn(all).filter((port) => !gone.has(port));
        assert.deepEqual(portsIn(withoutPorts(all, taken)), expected);
      }),
    );
  });

  it('have in common what both have', () => {
    fc.assert(
      fc.property(ranges, ranges, (all, others) => {
        const known = new Set(portsIn(others));
        const expected = portsIn(all).filter((port) => known.has(port));
        assert.deepEqual(portsIn(commonPorts(all, others)), expected);
      }),
    );
  });

  it('reach from port 1 to 65535', () => {
    assert.deepEqual(withoutPorts([allPorts], [{ first: 2, last: 65_534 }]), [
      { first: 1, last: 1 },
      { first: 65_535, last: 65_535 },
    ]);
  });

  it('are written as a port or two', () => {
    assert.deepEqual(
      [
        { first: 5060, last: 5060 },
        { first: 1, last: 2 },
      ].map(formatPortRange),
      ['5060', '1-2'],
    );
  });
});
