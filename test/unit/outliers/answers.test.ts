import assert from 'node:assert/strict';
import type { Statistics } from '../../../src/kernel/ipvs/model.ts';
import { hasAnswered, repeatsIn } from '../../../src/outliers/answers.ts';

/** What is counted of a look in which these packets, of so many bytes each, went in and out. */
function counted(
  connections: number,
  packetsIn: readonly number[],
  packetsOut: readonly number[],
): Statistics {
  const sum = (sizes: readonly number[]): number => sizes.reduce((all, size) => all + size, 0);
  return {
    connections,
    packetsIn: packetsIn.length,
    packetsOut: packetsOut.length,
    bytesIn: sum(packetsIn),
    bytesOut: sum(packetsOut),
  };
}

describe('whether a real server of TCP has answered', () => {
  for (const [what, expected, sample] of [
    ['nothing came in', false, counted(0, [], [])],
    ['SYNs came in and nothing went out', false, counted(2, [60, 60, 60], [])],
    ['each SYN was answered by a reset', false, counted(3, [60, 60, 60], [40, 40, 40])],
    [
      'some SYNs were answered by a reset, others not at all',
      false,
      counted(3, [60, 60, 60], [40]),
    ],
    [
      'each SYN was answered by an ICMP error that quotes it',
      false,
      counted(2, [60, 60], [88, 88]),
    ],
    ['some SYNs were, of different lengths', true, counted(2, [60, 52], [88])],
    ['a SYN was answered by a SYN-ACK with an MSS alone', true, counted(1, [60], [44])],
    ['of three SYNs one was answered', true, counted(3, [60, 60, 60], [40, 40, 60])],
    ['a half-open check of a load balancer: SYN, SYN-ACK, reset', true, counted(1, [60, 40], [60])],
    [
      'a client connected and reset at once',
      true,
      counted(3, [60, 52, 40, 60, 52, 40, 60, 52, 40], [60, 60, 60]),
    ],
    ['a connection of before goes on', true, counted(0, [52], [1500])],
    ['a client opened connections and waits', true, counted(1, [60, 52], [60])],
    [
      'what goes out is as long, on the whole, as ICMP errors would be',
      true,
      counted(1, [60, 52, 68], [60, 116]),
    ],
  ] as const) {
    it(`is ${String(expected)} where ${what}`, () => {
      assert.equal(hasAnswered('TCP', 'IPv4', sample), expected);
    });
  }

  it('counts with the longer header of IPv6', () => {
    assert.equal(hasAnswered('TCP', 'IPv6', counted(2, [80, 80], [60, 60])), false);
    assert.equal(hasAnswered('TCP', 'IPv6', counted(2, [80, 80], [128, 128])), false);
    assert.equal(hasAnswered('TCP', 'IPv6', counted(1, [80], [64])), true);
  });
});

describe('whether a real server of SCTP has answered', () => {
  it('is false where there were ABORTs alone', () => {
    assert.equal(hasAnswered('SCTP', 'IPv4', counted(2, [68, 68], [36, 36])), false);
  });

  it('is true with an INIT ACK', () => {
    assert.equal(hasAnswered('SCTP', 'IPv4', counted(1, [68], [292])), true);
  });
});

describe('whether a real server of UDP has answered', () => {
  it('is true with any packet: an ICMP error is as long as some answers of DNS', () => {
    assert.equal(hasAnswered('UDP', 'IPv4', counted(1, [60], [88])), true);
  });

  it('is false without any', () => {
    assert.equal(hasAnswered('UDP', 'IPv4', counted(1, [60], [])), false);
  });
});

describe('how many first packets were sent once more', () => {
  it('is what came in beside one packet for each connection', () => {
    assert.equal(repeatsIn('TCP', counted(2, [60, 60, 60, 60, 60], [])), 3);
  });

  it('is none where connections are older than their packets', () => {
    assert.equal(repeatsIn('TCP', counted(2, [60], [])), 0);
  });

  it('is not known of UDP and SCTP', () => {
    assert.equal(repeatsIn('UDP', counted(1, [60, 60], [])), 0);
    assert.equal(repeatsIn('SCTP', counted(1, [60, 60], [])), 0);
  });
});
