import assert from 'node:assert/strict';
import type { FilterEntry } from '../../../../../src/kernel/packet-filter/filter-entry.ts';
import { entryKindOf } from '../../../../../src/kernel/ipset/model.ts';
import { memberKey } from '../../../../../src/kernel/packet-filter/iptables/member-key.ts';
import {
  allSets,
  setOf,
  setOfMember,
} from '../../../../../src/kernel/packet-filter/iptables/sets.ts';
import {
  filterRoles,
  type FilterMember,
} from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';

describe('the sets', () => {
  it('are one for each role and family, and one for the ports of both', () => {
    assert.deepEqual(
      allSets(['IPv4', 'IPv6']).map(({ name, type }) => `${name} ${type}`),
      [
        'kube-ipvs-vip-4 hash:ip',
        'kube-ipvs-cluster-4 hash:ip,port',
        'kube-ipvs-external-4 hash:ip,port',
        'kube-ipvs-local-4 hash:ip,port',
        'kube-ipvs-node-only-4 hash:ip,port',
        'kube-ipvs-refused-4 hash:ip,port',
        'kube-ipvs-guarded-4 hash:ip,port',
        'kube-ipvs-admitted-4 hash:ip,port,net',
        'kube-ipvs-hairpin-4 hash:ip,port,ip',
        'kube-ipvs-range-marks-4 hash:ip,port',
        'kube-ipvs-range-hairpin-4 hash:net,net',
        'kube-ipvs-health bitmap:port',
        'kube-ipvs-range-cluster-4 hash:ip,mark',
        'kube-ipvs-range-external-4 hash:ip,mark',
        'kube-ipvs-range-node-only-4 hash:ip,mark',
        'kube-ipvs-range-refused-4 hash:ip,mark',
        'kube-ipvs-range-guarded-4 hash:ip,mark',
        'kube-ipvs-range-admitted-4 hash:net,net',
        'kube-ipvs-empty-4 hash:ip',
        'kube-ipvs-vip-6 hash:ip',
        'kube-ipvs-cluster-6 hash:ip,port',
        'kube-ipvs-external-6 hash:ip,port',
        'kube-ipvs-local-6 hash:ip,port',
        'kube-ipvs-node-only-6 hash:ip,port',
        'kube-ipvs-refused-6 hash:ip,port',
        'kube-ipvs-guarded-6 hash:ip,port',
        'kube-ipvs-admitted-6 hash:ip,port,net',
        'kube-ipvs-hairpin-6 hash:ip,port,ip',
        'kube-ipvs-range-marks-6 hash:ip,port',
        'kube-ipvs-range-hairpin-6 hash:net,net',
        'kube-ipvs-range-cluster-6 hash:ip,mark',
        'kube-ipvs-range-external-6 hash:ip,mark',
        'kube-ipvs-range-node-only-6 hash:ip,mark',
        'kube-ipvs-range-refused-6 hash:ip,mark',
        'kube-ipvs-range-guarded-6 hash:ip,mark',
        'kube-ipvs-range-admitted-6 hash:net,net',
        'kube-ipvs-empty-6 hash:ip',
      ],
    );
  });

  it('are those of the one family where the node speaks one', () => {
    const sets = allSets(['IPv4']);
    assert.equal(sets.length, 19);
    assert.ok(sets.every(({ family }) => family === 'IPv4'));
  });

  it('have names of at most the 31 bytes that the kernel takes', () => {
    for (const { name } of allSets(['IPv4', 'IPv6'])) {
      assert.match(name, /^[a-z0-9-]{1,31}$/);
    }
  });

  it('have the family of their role', () => {
    for (const role of [...filterRoles, 'empty'] as const) {
      const { family } = setOf(role, 'IPv6');
      assert.equal(family, role === 'health' ? 'IPv4' : 'IPv6');
    }
  });
});

describe('a member', () => {
  const address = ip('10.96.0.1');
  const address6 = ip('fd00:96::1');
  const members: readonly (readonly [FilterMember, string])[] = [
    [{ role: 'vip', entry: { kind: 'address', address } }, 'kube-ipvs-vip-4 10.96.0.1'],
    [{ role: 'vip', entry: { kind: 'address', address: address6 } }, 'kube-ipvs-vip-6 fd00:96::1'],
    [
      {
        role: 'external',
        entry: { kind: 'endpoint', address: address6, protocol: 'UDP', port: 53 },
      },
      'kube-ipvs-external-6 UDP [fd00:96::1]:53',
    ],
    [
      {
        role: 'admitted',
        entry: {
          kind: 'endpoint and source',
          address,
          protocol: 'TCP',
          port: 80,
          source: cidr('10.0.0.0/8'),
        },
      },
      'kube-ipvs-admitted-4 TCP 10.96.0.1:80,10.0.0.0/8',
    ],
    [{ role: 'health', entry: { kind: 'port', port: 32000 } }, 'kube-ipvs-health 32000'],
  ];

  for (const [member, key] of members) {
    it(`has the key "${key}"`, () => {
      assert.equal(memberKey(member), key);
    });
  }

  it('belongs to a set of the type that takes its entry', () => {
    for (const [member] of members) {
      const { entry }: { readonly entry: FilterEntry } = member;
      assert.equal(entryKindOf[setOfMember(member).type], entry.kind);
    }
  });
});
