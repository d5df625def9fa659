import assert from 'node:assert/strict';
import {
  localDetectorOf,
  type LocalDetector,
} from '../../../../../src/kernel/packet-filter/local-detector.ts';
import { notLocal } from '../../../../../src/kernel/packet-filter/iptables/not-local.ts';
import { Cidr } from '../../../../../src/net/cidr.ts';

const ranges = ['10.244.1.0/24', 'fd00::/64'].map((text) => {
  const range = Cidr.parse(text);
  assert.ok(range);
  return range;
});

describe('traffic that is not of Pods', () => {
  for (const [detector, ipv4, ipv6] of [
    [{ kind: 'none' }, undefined, undefined],
    [{ kind: 'ranges', ranges }, '! -s 10.244.1.0/24', '! -s fd00::/64'],
    [{ kind: 'ranges', ranges: ranges.slice(0, 1) }, '! -s 10.244.1.0/24', undefined],
    [{ kind: 'interface', name: 'cni0' }, '! -i cni0', '! -i cni0'],
    [{ kind: 'interface prefix', prefix: 'azv' }, '! -i azv+', '! -i azv+'],
  ] as const satisfies readonly (readonly [LocalDetector, unknown, unknown])[]) {
    it(`is ${ipv4 ?? 'nothing'} in IPv4 and ${ipv6 ?? 'nothing'} in IPv6 by ${detector.kind}`, () => {
      assert.equal(notLocal(detector, 'IPv4'), ipv4);
      assert.equal(notLocal(detector, 'IPv6'), ipv6);
    });
  }
});

describe('NodeCIDR', () => {
  it('goes by the ranges of the Node', () => {
    assert.deepEqual(localDetectorOf({ kind: 'node ranges' }, ranges), { kind: 'ranges', ranges });
  });

  it('tells nothing apart before the Node has any', () => {
    assert.deepEqual(localDetectorOf({ kind: 'node ranges' }, []), { kind: 'none' });
  });

  it('is nothing to another mode', () => {
    const detector = { kind: 'interface', name: 'cni0' } as const;
    assert.deepEqual(localDetectorOf(detector, ranges), detector);
  });
});
