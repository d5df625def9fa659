import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BlockList } from 'node:net';
import { Cidr } from '../../../src/net/cidr.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import { family } from '../../support/arbitraries.ts';
import { range } from '../../support/arbitrary-members.ts';
import { cidr, ip } from '../../support/cluster-objects.ts';

describe('a range of addresses', () => {
  it('holds the addresses that begin as it does', () => {
    const range = cidr('10.96.0.0/12');
    for (const inside of ['10.96.0.0', '10.96.0.1', '10.111.255.255']) {
      assert.ok(range.contains(ip(inside)), inside);
    }
    for (const outside of ['10.95.255.255', '10.112.0.0', '11.96.0.1', '::a60:1']) {
      assert.ok(!range.contains(ip(outside)), outside);
    }
  });

  it('may be one address, or all of a family', () => {
    assert.ok(cidr('192.0.2.10/32').contains(ip('192.0.2.10')));
    assert.ok(!cidr('192.0.2.10/32').contains(ip('192.0.2.11')));
    assert.ok(cidr('0.0.0.0/0').contains(ip('255.255.255.255')));
    assert.ok(!cidr('0.0.0.0/0').contains(ip('::')));
    assert.ok(cidr('2001:db8::10/128').contains(ip('2001:db8::10')));
    assert.ok(cidr('::/0').contains(ip('fe80::1')));
  });

  it('has the same text as an equal one, whatever its bits beyond the prefix', () => {
    assert.equal(String(cidr('10.1.2.3/8')), '10.0.0.0/8');
    assert.equal(cidr('2001:DB8:0::1/33').text, '2001:db8::/33');
    assert.equal(cidr(' 10.0.0.0/08').text, '10.0.0.0/8');
  });

  for (const text of [
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/8 ',
    '10.0.0/8',
    '10.0.0.0/255.0.0.0',
    '::/129',
    'fe80::%eth0/10',
    'primary',
  ]) {
    it(`is not '${text}'`, () => {
      assert.equal(Cidr.parse(text), undefined);
    });
  }

  it('holds just what the BlockList of Node holds', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const pair = (family: 'IPv4' | 'IPv6', length: 4 | 16) =>
      fc.record({
        family: fc.constant(family),
        network: bytes(length).map((value) => IpAddress.fromBytes(family, value)),
        prefixLength: fc.nat(length * 8),
        // Often near the network: random addresses are almost never in a range.
        flipped: fc.nat(length * 8 - 1),
      });
    fc.assert(
      fc.property(fc.oneof(pair('IPv4', 4), pair('IPv6', 16)), (input) => {
        const { family, network, prefixLength, flipped } = input;
        const changed = Uint8Array.from(network.bytes);
        changed[flipped >> 3] = (changed[flipped >> 3] ?? 0) ^ (0x80 >> (flipped & 7));
        const address = IpAddress.fromBytes(family, changed);
        const list = new BlockList();
        const type = family === 'IPv4' ? 'ipv4' : 'ipv6';
        list.addSubnet(network.text, prefixLength, type);
        const range = cidr(`${network.text}/${prefixLength}`);
        assert.equal(range.contains(address), list.check(address.text, type));
        assert.ok(range.contains(network));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the halves of a range', () => {
  for (const [range, halves] of [
    ['0.0.0.0/0', '0.0.0.0/1 128.0.0.0/1'],
    ['10.0.0.0/8', '10.0.0.0/9 10.128.0.0/9'],
    ['192.0.2.6/31', '192.0.2.6/32 192.0.2.7/32'],
    ['::/0', '::/1 8000::/1'],
    ['2001:db8::/127', '2001:db8::/128 2001:db8::1/128'],
  ] as const) {
    it(`of ${range} are ${halves}`, () => {
      assert.equal(cidr(range).halves().join(' '), halves);
    });
  }

  it('are none for a single host', () => {
    assert.deepEqual(Cidr.host(ip('192.0.2.1')).halves(), []);
    assert.deepEqual(cidr('::1/128').halves(), []);
  });

  it('leave the range as it is', () => {
    const range = cidr('10.0.0.0/8');
    range.halves();
    assert.equal(range.text, '10.0.0.0/8');
  });
});

describe('the range of one address', () => {
  it('holds that one alone', () => {
    assert.equal(Cidr.host(ip('192.0.2.1')).text, '192.0.2.1/32');
    assert.equal(Cidr.host(ip('2001:db8::1')).text, '2001:db8::1/128');
  });
});

describe('the range between two addresses', () => {
  const between = (first: string, last: string): string | undefined =>
    Cidr.between(ip(first), ip(last))?.text;

  it('is the one with just these ends', () => {
    assert.equal(between('10.0.0.0', '10.255.255.255'), '10.0.0.0/8');
    assert.equal(between('192.0.2.1', '192.0.2.1'), '192.0.2.1/32');
    assert.equal(between('0.0.0.0', '255.255.255.255'), '0.0.0.0/0');
    assert.equal(between('2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'), '2001:db8::/32');
  });

  it('is none where no prefix makes it', () => {
    assert.equal(between('10.0.0.1', '10.0.0.2'), undefined);
    assert.equal(between('10.0.0.1', '10.0.0.3'), undefined);
    assert.equal(between('10.0.0.0', '10.0.0.2'), undefined);
    assert.equal(between('10.0.0.2', '10.0.0.1'), undefined);
    assert.equal(between('10.0.0.0', '::'), undefined);
  });

  it('is that of which they are the ends, whatever the range', () => {
    fc.assert(
      fc.property(family.chain(range), (each) => {
        assert.ok(each.contains(each.last));
        assert.equal(Cidr.between(each.network, each.last)?.text, each.text);
        const [lower, upper] = each.halves();
        if (lower !== undefined && upper !== undefined) {
          assert.equal(upper.last.text, each.last.text);
          assert.ok(!lower.contains(each.last));
        }
      }),
      { numRuns: 500 },
    );
  });
});
