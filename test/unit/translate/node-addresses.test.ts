import assert from 'node:assert/strict';
import { nodeAddressesOf } from '../../../src/kernel/vip-link/node-addresses.ts';
import { countsAsNodeAddress } from '../../../src/net/special-address.ts';
import {
  nodePortAddressesOf,
  type NodePortAddresses,
} from '../../../src/translate/node-addresses.ts';
import { cidr, ip } from '../../support/cluster-objects.ts';

describe('an address of the node', () => {
  for (const [text, counts] of [
    ['192.0.2.10', true],
    ['2001:db8::10', true],
    ['fd00::10', true],
    ['127.0.0.1', false],
    ['::1', false],
    ['169.254.1.1', false],
    ['fe80::1', false],
  ] as const) {
    it(`${counts ? 'counts' : 'does not count'} where it is ${text}`, () => {
      assert.equal(countsAsNodeAddress(ip(text)), counts);
    });
  }
});

describe('the addresses of the node', () => {
  const link = (index: number, name: string, up = true) => ({
    index,
    name,
    up,
    kind: undefined,
    alias: undefined,
  });
  const at = (linkIndex: number, text: string) => ({
    linkIndex,
    address: ip(text),
    prefixLength: 24,
    metric: 0,
    deprecated: false,
    permanent: true,
  });
  const links = [link(1, 'lo'), link(2, 'eth0'), link(3, 'eth1', false), link(4, 'kube-ipvs0')];

  it('are those of links that are up, without the VIP link', () => {
    const found = nodeAddressesOf(links, [
      at(1, '127.0.0.1'),
      at(1, '::1'),
      at(2, '192.0.2.10'),
      at(2, 'fe80::1'),
      at(2, '2001:db8::10'),
      at(3, '198.51.100.1'),
      at(4, '10.96.0.1'),
      at(9, '198.51.100.2'),
    ]);
    assert.deepEqual(found.map(String), ['192.0.2.10', '2001:db8::10']);
  });

  it('include one that is on the loopback link and no loopback address (anycast)', () => {
    assert.deepEqual(nodeAddressesOf(links, [at(1, '192.0.2.53')]).map(String), ['192.0.2.53']);
  });

  it('are one each, however many links have them', () => {
    const both = [link(2, 'eth0'), link(3, 'eth1')];
    const found = nodeAddressesOf(both, [at(2, '192.0.2.10'), at(3, '192.0.2.10')]);
    assert.deepEqual(found.map(String), ['192.0.2.10']);
  });
});

describe('the addresses that answer on node ports', () => {
  const nodeAddresses = ['192.0.2.10', '2001:db8::10', '198.18.0.5'].map(ip);
  const primaryAddresses = ['192.0.2.10', '2001:db8::10'].map(ip);
  const answering = (setting: NodePortAddresses) =>
    nodePortAddressesOf(nodeAddresses, primaryAddresses, setting).map(String);
  const inRanges = (...ranges: string[]) => answering({ kind: 'ranges', ranges: ranges.map(cidr) });

  it('are all by default', () => {
    assert.deepEqual(answering({ kind: 'all' }), ['192.0.2.10', '2001:db8::10', '198.18.0.5']);
  });

  it("are the Node's own for primary", () => {
    assert.deepEqual(answering({ kind: 'primary' }), ['192.0.2.10', '2001:db8::10']);
  });

  it('are those in one of the ranges', () => {
    assert.deepEqual(inRanges('192.0.2.0/24', '2001:db8::/32'), ['192.0.2.10', '2001:db8::10']);
    assert.deepEqual(inRanges('198.18.0.5/32', '192.0.2.0/28', 'fd00::/8'), [
      '192.0.2.10',
      '198.18.0.5',
    ]);
  });

  it('are all of a family that no range is of', () => {
    assert.deepEqual(inRanges('198.18.0.0/16'), ['2001:db8::10', '198.18.0.5']);
    assert.deepEqual(inRanges('2001:db8::/32'), ['192.0.2.10', '2001:db8::10', '198.18.0.5']);
  });

  it('are none of a family whose ranges hold none', () => {
    assert.deepEqual(inRanges('10.0.0.0/8', 'fd00::/8'), []);
  });

  it('are all for 0.0.0.0/0 and ::/0', () => {
    assert.deepEqual(inRanges('0.0.0.0/0', '::/0').length, 3);
  });
});
