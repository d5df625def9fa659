import assert from 'node:assert/strict';
import {
  minus,
  readCounts,
  withCountingRules,
} from '../../../hack/bench/data-path/counting-rules.ts';

const first = '-m conntrack --ctstate NEW';
const counter = (mark: string): string =>
  `-m comment --comment ${mark} -m comment --comment counter`;

describe('the rules that count', () => {
  it('stand before each rule, for all packets and for those that open a connection', () => {
    assert.deepEqual(withCountingRules('-A INPUT -p tcp -j ACCEPT').split('\n'), [
      `-A INPUT ${counter('count-rule')}`,
      `-A INPUT ${first} ${counter('count-first-rule')}`,
      '-A INPUT -p tcp -j ACCEPT',
    ]);
  });

  it('match, for each look into a set, what is matched before it', () => {
    const rule =
      '-A K ! -s 10.0.0.0/8 -m comment --comment "a b" -m set --match-set A dst,dst -m set ! --match-set B src -j DROP';
    const lookUps = withCountingRules(rule)
      .split('\n')
      .filter((line) => line.includes('count-look-up'));
    assert.deepEqual(lookUps, [
      `-A K ! -s 10.0.0.0/8 -m comment --comment "a b" ${counter('count-look-up')}`,
      `-A K ! -s 10.0.0.0/8 -m comment --comment "a b" -m set --match-set A dst,dst ${counter('count-look-up')}`,
    ]);
  });

  it('leave all other lines as they are', () => {
    const text = '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n# a comment';
    assert.equal(withCountingRules(text), text);
  });

  it('are added up by what they count', () => {
    const saved = [
      `[7:400] -A INPUT ${counter('count-rule')}`,
      `[2:120] -A INPUT ${first} ${counter('count-first-rule')}`,
      `[5:300] -A INPUT ${counter('count-look-up')}`,
      `[1:60] -A INPUT ${first} ${counter('count-first-look-up')}`,
      '[100:9] -A INPUT -p tcp -j ACCEPT',
      `[3:180] -A OUTPUT ${counter('count-rule')}`,
    ].join('\n');
    assert.deepEqual(readCounts(saved), {
      first: { rules: 2, lookUps: 1 },
      all: { rules: 10, lookUps: 5 },
    });
  });

  it('tell of one connection by what was counted before and after it', () => {
    const before = { first: { rules: 1, lookUps: 2 }, all: { rules: 3, lookUps: 4 } };
    const after = { first: { rules: 11, lookUps: 22 }, all: { rules: 33, lookUps: 44 } };
    assert.deepEqual(minus(after, before), {
      first: { rules: 10, lookUps: 20 },
      all: { rules: 30, lookUps: 40 },
    });
  });
});
