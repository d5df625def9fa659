import assert from 'node:assert/strict';
import {
  countingCopy,
  countingTable,
  readNftablesCounts,
  withoutRanges,
} from '../../../hack/bench/data-path/counting-nftables.ts';

const listed = `table inet kube-ipvs { # progname kube-ipvs
	flags owner
	comment "somebody's"

	set vips-4 {
		type ipv4_addr
		elements = { 10.96.0.1 }
	}

	chain own-source-4 {
		ip daddr . meta l4proto . th dport @guarded-4 ip saddr != @admitted-4 drop
	}

	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		goto own-source-4
	}
}`;

describe('the table that counts', () => {
  it('has counters before each rule and each look into a set, and decides alike', () => {
    const counters = (match: string, kind: string): string[] => [
      `${match}counter comment "count-${kind}"`,
      `${match}ct state new counter comment "count-first-${kind}"`,
    ];
    const key = 'ip daddr . meta l4proto . th dport @guarded-4';
    assert.deepEqual(linesOf(countingCopy(listed)), [
      `table inet ${countingTable} {`,
      ...['set vips-4 {', 'type ipv4_addr', 'elements = { 10.96.0.1 }', '}'],
      'chain own-source-4 {',
      ...counters('', 'rule'),
      ...counters('meta nfproto ipv4 ', 'look-up'),
      ...counters(`meta nfproto ipv4 ${key} `, 'look-up'),
      `${key} ip saddr != @admitted-4 drop`,
      '}',
      'chain nat-prerouting {',
      'type nat hook prerouting priority dstnat - 1; policy accept;',
      ...counters('', 'rule'),
      'goto own-source-4',
      '}',
      '}',
    ]);
  });

  it('counts a look for a mark, and sets none for that', () => {
    const rule = 'ip daddr @vips-4 meta mark set ip daddr . meta l4proto . th dport map @marks-4';
    const copy = countingCopy(listed.replace(/ip daddr \. meta .* drop/, rule));
    const looks = linesOf(copy).filter((line) => line.endsWith('"count-look-up"'));
    assert.deepEqual(looks, [
      'meta nfproto ipv4 counter comment "count-look-up"',
      'meta nfproto ipv4 ip daddr @vips-4 counter comment "count-look-up"',
    ]);
  });

  it('may do without what only packets to ranges pass', () => {
    const rule =
      '\t\tip daddr @range-vips-4 ip daddr . meta l4proto . th dport vmap @range-ends-4\n';
    assert.equal(withoutRanges(rule), '\t\tip daddr @range-vips-4 counter\n');
  });

  it('is not made where a look into a set is written in a way that is not known', () => {
    const unknown = listed.replace('ip saddr != @admitted-4', 'ip ttl % 2 @admitted-4');
    assert.throws(() => countingCopy(unknown), /not all looks into sets are known/);
  });

  it('is read by what its counters are for', () => {
    const counter = (mark: string, packets: number): string =>
      `counter packets ${packets} bytes 60 comment "${mark}"`;
    const text = [
      counter('count-rule', 5),
      counter('count-rule', 2),
      `ct state new ${counter('count-first-rule', 3)}`,
      counter('count-look-up', 4),
      counter('count-first-look-up', 1),
      'counter packets 100 bytes 6000',
    ].join('\n');
    assert.deepEqual(readNftablesCounts(text), {
      first: { rules: 3, lookUps: 1 },
      all: { rules: 7, lookUps: 4 },
    });
  });
});

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
