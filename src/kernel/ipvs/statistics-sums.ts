import type { Statistics } from './model.ts';

/** Nothing was counted. */
export const noStatistics: Statistics = Object.freeze({
  connections: 0,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
});

/** Both together; one of them itself where the other one has nothing. */
export function addStatistics(a: Statistics, b: Statistics): Statistics {
  if (a === noStatistics) {
    return b;
  }
  return b === noStatistics ? a : combine(a, b, (one, other) => one + other);
}

/**
 * What was counted between two looks. Where any counter went down, the kernel has begun anew: then all
 * that it shows has been counted since.
 */
export function countedSince(before: Statistics, now: Statistics): Statistics {
  if (isLess(now, before)) {
    return now;
  }
  const counted = combine(now, before, (later, earlier) => later - earlier);
  return isNothing(counted) ? noStatistics : counted;
}

/** Per second, of what was counted in so many milliseconds. */
export function perSecond(counted: Statistics, ms: number): Statistics {
  return counted === noStatistics
    ? noStatistics
    : combine(counted, noStatistics, (count) => (count * 1000) / ms);
}

/** Whether a counter is lower than it was. */
export function isLess(now: Statistics, before: Statistics): boolean {
  return (
    now.connections < before.connections ||
    now.packetsIn < before.packetsIn ||
    now.packetsOut < before.packetsOut ||
    now.bytesIn < before.bytesIn ||
    now.bytesOut < before.bytesOut
  );
}

function isNothing(statistics: Statistics): boolean {
  // What carries no packet carries no byte.
  return statistics.connections === 0 && statistics.packetsIn === 0 && statistics.packetsOut === 0;
}

function combine(a: Statistics, b: Statistics, how: (a: number, b: number) => number): Statistics {
  return {
    connections: how(a.connections, b.connections),
    packetsIn: how(a.packetsIn, b.packetsIn),
    packetsOut: how(a.packetsOut, b.packetsOut),
    bytesIn: how(a.bytesIn, b.bytesIn),
    bytesOut: how(a.bytesOut, b.bytesOut),
  };
}
