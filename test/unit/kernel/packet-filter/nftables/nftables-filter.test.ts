import assert from 'node:assert/strict';
import { NftClient } from '../../../../../src/kernel/nf-tables/client.ts';
import { formatEntry } from '../../../../../src/kernel/packet-filter/filter-entry.ts';
import {
  portRangesOf,
  type FilterMember,
} from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { openNftablesFilter } from '../../../../../src/kernel/packet-filter/nftables/nftables-filter.ts';
import type { PacketFilter } from '../../../../../src/kernel/packet-filter/packet-filter.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';
import { FakeNfTables } from '../../../../support/fake-kernel/nf-tables.ts';

const vip: FilterMember = { role: 'vip', entry: { kind: 'address', address: ip('10.96.0.1') } };
const otherVip: FilterMember = {
  role: 'vip',
  entry: { kind: 'address', address: ip('10.96.0.2') },
};
const members: readonly FilterMember[] = [
  vip,
  otherVip,
  ...['10.96.0.1', '10.96.0.2'].map(
    (address) =>
      ({
        role: 'cluster',
        entry: { kind: 'endpoint', address: ip(address), protocol: 'TCP', port: 443 },
      }) as const,
  ),
];

function open(kernel: FakeNfTables): PacketFilter {
  const settings = { masqueradeAll: false, local: { kind: 'none' } } as const;
  const listener = { note: () => undefined, changed: () => undefined };
  return openNftablesFilter(['IPv4', 'IPv6'], settings, listener, new NftClient(kernel.open));
}

/** What a run has left, with the kernel of today or with an older one. */
async function leftBy(kernel: FakeNfTables, left = members): Promise<void> {
  const filter = open(kernel);
  for (const foundation of filter.foundations) {
    await foundation.ensure();
  }
  await filter.members.relist();
  for (const member of left) {
    filter.members.setDesiredAt(filter.members.at(filter.members.keyOf(member)), member);
  }
  const { failures } = await filter.members.applyAdditions(0);
  assert.deepEqual(failures, []);
  filter.close();
  kernel.leaveTable();
}

describe('the packet filter of nf_tables', () => {
  for (const hasOwnership of [true, false]) {
    const where = hasOwnership ? 'left by an owner' : 'open to all';
    it(`knows the members of a table ${where}, and forgets some, before anything is in place`, async () => {
      const kernel = new FakeNfTables();
      kernel.hasOwnership = hasOwnership;
      await leftBy(kernel);
      const filter = open(kernel);
      assert.deepEqual(await filter.addressesOf('cluster'), new Set(['10.96.0.1', '10.96.0.2']));
      await filter.forget(new Set(['10.96.0.1']));
      assert.deepEqual(await filter.addressesOf('vip'), new Set(['10.96.0.2']));
      assert.deepEqual(await filter.addressesOf('cluster'), new Set(['10.96.0.2']));
      // And then it starts as ever.
      for (const foundation of filter.foundations) {
        await foundation.ensure();
      }
      filter.close();
    });

    it(`takes a table ${where} away`, async () => {
      const kernel = new FakeNfTables();
      kernel.hasOwnership = hasOwnership;
      await leftBy(kernel);
      const filter = open(kernel);
      assert.deepEqual(await filter.remove(), []);
      assert.equal(kernel.tables.size, 0);
      filter.close();
    });
  }

  it('holds up nothing else where the rules of the first port range cannot be written', async () => {
    const kernel = new FakeNfTables();
    const filter = open(kernel);
    const desire = (member: FilterMember) => {
      filter.members.setDesiredAt(filter.members.at(filter.members.keyOf(member)), member);
    };
    for (const foundation of filter.foundations) {
      await foundation.ensure();
    }
    await filter.members.relist();
    const ranges = portRangesOf(ip('192.0.2.1'), [
      { protocol: 'UDP', first: 16, last: 32, mark: 5, role: 'external', sources: undefined },
    ]);
    desire(ranges);
    desire(vip);
    kernel.refuses = (words) => (words === 'chain filter-input' ? 'ENOMEM' : undefined);
    const { failures } = await filter.members.applyAdditions(0);
    assert.deepEqual(
      failures.map(({ key, error }) => [key, error.message.replace(/ENOMEM.*/, 'ENOMEM')]),
      [
        [
          filter.members.keyOf(ranges),
          `add port-ranges ${formatEntry(ranges.entry)} to the table kube-ipvs: ENOMEM`,
        ],
      ],
    );
    assert.deepEqual(kernel.elements('vips-4'), ['0a600001']);
    assert.deepEqual(kernel.elements('range-marks-4'), []);
    desire(otherVip);
    assert.deepEqual((await filter.members.applyAdditions(0)).failures, []);
    assert.equal(kernel.elements('vips-4').length, 2);
    // And it is tried again by itself, without an audit.
    kernel.refuses = () => undefined;
    await filter.members.reread(60_000);
    assert.deepEqual((await filter.members.applyAdditions(60_000)).failures, []);
    assert.equal(kernel.elements('range-marks-4').length, 1);
    assert.ok(kernel.table()?.chains.has('filter-input'));
    filter.close();
  });

  it('forgets whatever is there at an address: port ranges, and what others have put there', async () => {
    const kernel = new FakeNfTables();
    await leftBy(kernel, [
      ...members,
      ...['10.96.0.1', '10.96.0.2'].map((address) =>
        portRangesOf(ip(address), [
          { protocol: 'UDP', first: 16, last: 32, mark: 5, role: 'external', sources: undefined },
        ]),
      ),
      { role: 'health', entry: { kind: 'port', port: 0x0a60 } },
    ]);
    const key = '0a6000010600000000510000';
    const frontEnds = kernel.table()?.sets.get('front-ends-4')?.elements;
    frontEnds?.set(`${key}-${key}`, { key, keyEnd: undefined, verdict: 'drop' });
    const filter = open(kernel);
    await filter.forget(new Set(['10.96.0.1']));
    for (const set of kernel.table()?.sets.keys() ?? []) {
      assert.deepEqual(
        kernel.elements(set).filter((words) => words.startsWith('0a600001')),
        [],
        set,
      );
    }
    assert.deepEqual(await filter.portRanges(), [
      {
        address: ip('10.96.0.2'),
        ranges: [{ protocol: 'UDP', first: 16, last: 32, mark: 5 }],
      },
    ]);
    assert.deepEqual(kernel.elements('range-vips-4'), ['0a600002']);
    assert.deepEqual(kernel.elements('health-ports'), ['0a60']);
    filter.close();
  });

  it('knows of no members where there is no table', async () => {
    const filter = open(new FakeNfTables());
    assert.equal(await filter.addressesOf('vip'), undefined);
    await filter.forget(new Set(['10.96.0.1']));
    filter.close();
  });

  it('leaves the table of another process that lives, and says so', async () => {
    const kernel = new FakeNfTables();
    const owner = open(kernel);
    await owner.foundations[0]?.ensure();
    const filter = open(kernel);
    const left = await filter.remove();
    assert.equal(left.length, 1);
    assert.match(left[0]?.error.message ?? '', /another process owns the table kube-ipvs/);
    assert.ok(kernel.table());
    owner.close();
    filter.close();
  });

  it('writes its rules anew only where news of Pods is some', () => {
    const filter = open(new FakeNfTables());
    const local = { kind: 'ranges', ranges: [cidr('10.244.0.0/16')] } as const;
    assert.equal(filter.setLocalDetector({ kind: 'none' }), false);
    assert.equal(filter.setLocalDetector(local), true);
    assert.equal(filter.setLocalDetector({ ...local }), false);
    filter.close();
  });
});
