import assert from 'node:assert/strict';
import { ownedMetric } from '../../../../src/kernel/vip-link/protocol.ts';
import {
  addressesOfLink,
  addressesOfOthers,
  afterAddressOperations,
  boundAddressDifference,
  without,
} from '../../../../src/kernel/vip-link/bound-address-difference.ts';
import { ip } from '../../../support/cluster-objects.ts';

const address = ip('10.96.0.1');
const ours = { address, owned: true, settled: true };
const foreign = { address, owned: false, settled: true };
const changed = { address, owned: true, settled: false };
const nothing = { additions: [], removals: [] };

describe('the difference of a bound address', () => {
  it('is nothing where it is bound as desired', () => {
    assert.deepEqual(boundAddressDifference(address, ours), nothing);
  });

  it('is nothing where it is neither desired nor bound', () => {
    assert.deepEqual(boundAddressDifference(undefined, undefined), nothing);
  });

  it('is to bind one that is missing', () => {
    assert.deepEqual(boundAddressDifference(address, undefined), {
      additions: [{ kind: 'bind', address }],
      removals: [],
    });
  });

  it('is to adopt one that is desired and not ours', () => {
    assert.deepEqual(boundAddressDifference(address, foreign), {
      additions: [{ kind: 'adopt', address }],
      removals: [],
    });
  });

  it('is to bring back one of ours that is no longer as we bind one', () => {
    assert.deepEqual(boundAddressDifference(address, changed), {
      additions: [{ kind: 'adopt', address }],
      removals: [],
    });
  });

  it('is to unbind one of ours that nobody desires, whatever it has become', () => {
    assert.deepEqual(boundAddressDifference(undefined, changed), {
      additions: [],
      removals: [{ kind: 'unbind', address }],
    });
  });

  it('is to unbind one of ours that nobody desires', () => {
    assert.deepEqual(boundAddressDifference(undefined, ours), {
      additions: [],
      removals: [{ kind: 'unbind', address }],
    });
  });

  it('is nothing for one that is neither desired nor ours', () => {
    assert.deepEqual(boundAddressDifference(undefined, foreign), nothing);
  });

  it('is settled by its own operations', () => {
    for (const desired of [address, undefined]) {
      for (const observed of [ours, changed, foreign, undefined]) {
        const { additions, removals } = boundAddressDifference(desired, observed);
        const after = afterAddressOperations(observed, [...additions, ...removals]);
        assert.deepEqual(boundAddressDifference(desired, after), nothing);
      }
    }
  });
});

describe('the addresses of a link', () => {
  const onLink = {
    linkIndex: 7,
    address,
    prefixLength: 32,
    metric: ownedMetric,
    deprecated: false,
    permanent: true,
  };

  it('are those with its index, by their text', () => {
    const other = { ...onLink, linkIndex: 8, address: ip('10.96.0.2') };
    assert.deepEqual(addressesOfLink([onLink, other], 7), new Map([['10.96.0.1', ours]]));
  });

  it('are ours by their metric', () => {
    const found = addressesOfLink([{ ...onLink, metric: 0 }], 7);
    assert.deepEqual(found.get('10.96.0.1'), foreign);
  });

  it('of IPv6 are as we bind them where they are deprecated for good', () => {
    const ipv6 = { ...onLink, address: ip('fd00:96::1'), prefixLength: 128 };
    const settled = [
      { ...ipv6, deprecated: true },
      ipv6,
      { ...ipv6, deprecated: true, permanent: false },
    ].map((each) => addressesOfLink([each], 7).get('fd00:96::1')?.settled);
    assert.deepEqual(settled, [true, false, false]);
  });

  it('of IPv4 are as we bind them where they are there for good', () => {
    const settled = [onLink, { ...onLink, permanent: false }].map(
      (each) => addressesOfLink([each], 7).get('10.96.0.1')?.settled,
    );
    assert.deepEqual(settled, [true, false]);
  });

  it('do not include networks, which are somebody else’s', () => {
    const ipv6 = { ...onLink, address: ip('fd00:96::1'), prefixLength: 128 };
    const found = addressesOfLink(
      [
        { ...onLink, prefixLength: 24 },
        { ...ipv6, address: ip('fe80::1'), prefixLength: 64 },
        ipv6,
      ],
      7,
    );
    assert.deepEqual([...found.keys()], ['fd00:96::1']);
  });
});

describe('the addresses at which others have virtual servers', () => {
  const server = (text: string, owned: boolean) => ({
    id: { kind: 'address', protocol: 'TCP', address: ip(text), port: 80 } as const,
    settings: { owned },
  });
  const inUse = addressesOfOthers([
    server('10.96.0.1', true),
    server('10.96.0.1', false),
    server('10.96.0.2', true),
    server('fd00:96::1', false),
    { id: { kind: 'fwmark', family: 'IPv4', fwmark: 7 }, settings: { owned: false } },
  ]);

  it('are those of virtual servers without our mark', () => {
    assert.deepEqual([...inUse], ['10.96.0.1', 'fd00:96::1']);
  });

  it('can be left out of what is observed', () => {
    const observed = new Map(
      ['10.96.0.1', '10.96.0.2'].map((text) => [
        text,
        { address: ip(text), owned: true, settled: true },
      ]),
    );
    assert.deepEqual([...without(observed, inUse).keys()], ['10.96.0.2']);
  });
});
