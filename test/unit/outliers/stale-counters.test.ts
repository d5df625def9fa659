import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Statistics } from '../../../src/kernel/ipvs/model.ts';
import { judge, type Standings } from '../../../src/outliers/judge.ts';

/** The kernel sums counters up so often, each real server's at times of its own. */
const kernelMs = 2000;
const lookMs = 1000;
/** By so much a look may come later than it is meant to. */
const jitterMs = 20;

/** What happens to a connection: when it begins, is tried once more, is answered; undefined for never. */
interface Connection {
  readonly beganAtMs: number;
  readonly triedAgainAtMs?: number | undefined;
  readonly answeredAtMs: number | undefined;
}

/** What was counted of these connections after one time and up to another one. */
function counted(connections: readonly Connection[], fromMs: number, toMs: number): Statistics {
  const isIn = (ms: number | undefined): boolean => ms !== undefined && ms > fromMs && ms <= toMs;
  const began = connections.filter(({ beganAtMs }) => isIn(beganAtMs)).length;
  const answered = connections.filter(({ answeredAtMs }) => isIn(answeredAtMs)).length;
  const repeated = connections.filter(({ triedAgainAtMs }) => isIn(triedAgainAtMs)).length;
  return {
    connections: began,
    packetsIn: began + repeated + 4 * answered,
    bytesIn: 60 * (began + repeated) + 240 * answered,
    packetsOut: 4 * answered,
    bytesOut: 400 * answered,
  };
}

interface Timing {
  readonly phaseMs: number;
  readonly firstLookMs: number;
  readonly jitter: Iterator<number, undefined>;
}

const timing: fc.Arbitrary<Timing> = fc.record({
  phaseMs: fc.nat(kernelMs - 1),
  firstLookMs: fc.nat(lookMs - 1),
  jitter: fc.infiniteStream(fc.nat(jitterMs)),
});

/** The time of the look that ejects `a`, beside two that serve; undefined where none does before `untilMs`. */
function ejectedAtMs(
  connections: readonly Connection[],
  { phaseMs, firstLookMs, jitter }: Timing,
  untilMs: number,
): number | undefined {
  const startMs = -6000;
  const shownAt = (ms: number): number =>
    Math.floor((ms - phaseMs) / kernelMs) * kernelMs + phaseMs;
  const serves = counted([{ beganAtMs: 1, answeredAtMs: 2 }], 0, 3);
  let standings: Standings = new Map();
  let beforeMs = startMs;
  for (let planned = startMs + firstLookMs; planned < untilMs; planned += lookMs) {
    const nowMs = planned + (jitter.next().value ?? 0);
    const a = counted(connections, shownAt(beforeMs), shownAt(nowMs));
    beforeMs = nowMs;
    const look = (key: string): Statistics => (key === 'a' ? a : serves);
    standings = judge(standings, ['a', 'b', 'c'], look, { protocol: 'TCP', family: 'IPv4' }, nowMs);
    if (standings.get('a')?.kind === 'ejected') {
      return nowMs;
    }
  }
  return undefined;
}

describe('with counters that the kernel sums up every two seconds', () => {
  for (const [what, triesAgainMs, leastMs, mostMs] of [
    ['whose clients try again after a second is ejected two to five', 1000, 2000, 5000],
    ['whose clients try once is ejected four to seven', undefined, 4000, 7000],
  ] as const) {
    it(`one ${what} seconds after its death`, () => {
      const betweenMs = 200;
      const connections = Array.from({ length: 100 }, (_, number) => {
        const beganAtMs = -6000 + betweenMs * number;
        return beganAtMs < 0
          ? { beganAtMs, answeredAtMs: beganAtMs + 5 }
          : {
              beganAtMs,
              triedAgainAtMs: triesAgainMs && beganAtMs + triesAgainMs,
              answeredAtMs: undefined,
            };
      });
      fc.assert(
        fc.property(timing, (times) => {
          const atMs = ejectedAtMs(connections, times, 12_000) ?? Infinity;
          // It may have died right after its last answer.
          assert.ok(atMs >= leastMs - betweenMs && atMs <= mostMs + 3 * jitterMs, String(atMs));
        }),
        { numRuns: 500 },
      );
    });
  }

  it('one that answers within half a second is never ejected, however connections come', () => {
    const burst = fc
      .tuple(fc.integer({ min: -6000, max: 20_000 }), fc.integer({ min: 1, max: 9 }), fc.nat(500))
      .map(([beganAtMs, size, answerMs]) =>
        Array.from({ length: size }, () => ({ beganAtMs, answeredAtMs: beganAtMs + answerMs })),
      );
    fc.assert(
      fc.property(fc.array(burst, { maxLength: 12 }), timing, (bursts, times) => {
        assert.equal(ejectedAtMs(bursts.flat(), times, 24_000), undefined);
      }),
      { numRuns: 1000 },
    );
  });
});
