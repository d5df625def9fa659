import assert from 'node:assert/strict';
import fc from 'fast-check';
import { VipRanges } from '../../src/vip-ranges.ts';
import { ip } from '../support/cluster-objects.ts';

describe('the ranges of VIPs', () => {
  it('hold every VIP', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6()).map(ip);
    fc.assert(
      fc.property(fc.array(address, { minLength: 1 }), (vips) => {
        const ranges = new VipRanges();
        vips.forEach((vip) => ranges.add(vip));
        assert.ok(vips.every((vip) => ranges.mayHold(vip)));
      }),
    );
  });

  it('do not hold Pods of other ranges', () => {
    const ranges = new VipRanges();
    ['10.96.0.1', 'fd00:96::1'].map(ip).forEach((vip) => ranges.add(vip));
    assert.ok(!ranges.mayHold(ip('10.244.1.1')));
    assert.ok(!ranges.mayHold(ip('fd00:244::1')));
    assert.ok(ranges.mayHold(ip('10.96.44.5')));
  });

  it('tell which VIP is the first one of its range', () => {
    const ranges = new VipRanges();
    const vips = ['10.96.0.1', '10.96.0.2', '10.97.0.1', 'fd00:96::1', 'fd00:96::2'];
    assert.deepEqual(
      vips.map((vip) => ranges.add(ip(vip))),
      [true, false, true, true, false],
    );
  });
});
