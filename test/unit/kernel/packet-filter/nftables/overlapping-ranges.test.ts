import assert from 'node:assert/strict';
import type { NftElement } from '../../../../../src/kernel/nf-tables/element.ts';
import { elementsOf } from '../../../../../src/kernel/packet-filter/nftables/member-elements.ts';
import { withoutOverlaps } from '../../../../../src/kernel/packet-filter/nftables/overlapping-ranges.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';

function range(text: string, address = '10.96.0.1', port = 80): NftElement {
  const [element] = elementsOf({
    role: 'admitted',
    entry: {
      kind: 'endpoint and source',
      address: ip(address),
      protocol: 'TCP',
      port,
      source: cidr(text),
    },
  });
  assert.ok(element);
  return element;
}

const adding = (...add: readonly NftElement[]) => ({ remove: [], add });

describe('ranges in the way of another one', () => {
  it('are those of the same endpoint that it holds, or that hold it', () => {
    const [wide, narrow] = [range('10.0.0.0/8'), range('10.1.0.0/16')];
    assert.deepEqual(withoutOverlaps([adding(wide)], [narrow]), [
      { remove: [narrow], add: [wide] },
    ]);
    assert.deepEqual(withoutOverlaps([adding(narrow)], [wide]), [
      { remove: [wide], add: [narrow] },
    ]);
    const [wide6, narrow6] = [
      range('2001:db8::/32', 'fd00:96::1'),
      range('2001:db8:1::/48', 'fd00:96::1'),
    ];
    assert.deepEqual(withoutOverlaps([adding(wide6)], [narrow6, range('10.0.0.0/8')]), [
      { remove: [narrow6], add: [wide6] },
    ]);
  });

  it('are none of another endpoint, none beside it, at all', () => {
    const rows = [adding(range('10.0.0.0/8'))];
    const present = [
      range('10.1.0.0/16', '10.96.0.2'),
      range('10.1.0.0/16', '10.96.0.1', 81),
      range('11.0.0.0/8'),
      range('9.0.0.0/8'),
    ];
    assert.deepEqual(withoutOverlaps(rows, present), rows);
  });

  it('go once, with the first that they are in the way of', () => {
    const [wide, one, other] = [range('10.0.0.0/8'), range('10.1.0.0/16'), range('10.2.0.0/16')];
    assert.deepEqual(withoutOverlaps([adding(one), adding(other)], [wide]), [
      { remove: [wide], add: [one] },
      adding(other),
    ]);
  });

  it('do not go twice where they go anyway', () => {
    const [wide, narrow] = [range('10.0.0.0/8'), range('10.1.0.0/16')];
    assert.deepEqual(withoutOverlaps([adding(narrow), { remove: [wide], add: [] }], [wide]), [
      { remove: [wide], add: [narrow] },
      { remove: [], add: [] },
    ]);
  });

  it('are what goes: one that is not there is not deleted in the place of another one', () => {
    const [wide, narrow] = [range('10.0.0.0/8'), range('10.1.0.0/16')];
    assert.deepEqual(withoutOverlaps([{ remove: [narrow], add: [] }], [wide]), [
      { remove: [], add: [] },
    ]);
    const removal = { remove: [wide], add: [] };
    assert.deepEqual(withoutOverlaps([removal], [wide]), [removal]);
  });

  it('are no matter to what is no range', () => {
    const [vip] = elementsOf({ role: 'vip', entry: { kind: 'address', address: ip('10.96.0.1') } });
    assert.ok(vip);
    assert.deepEqual(withoutOverlaps([adding(vip)], [range('10.0.0.0/8')]), [adding(vip)]);
  });
});
