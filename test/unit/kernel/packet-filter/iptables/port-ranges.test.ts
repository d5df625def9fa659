import assert from 'node:assert/strict';
import { SetClient } from '../../../../../src/kernel/ipset/client.ts';
import { portRangesOf } from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { SetEntryKind } from '../../../../../src/kernel/packet-filter/iptables/set-kind.ts';
import type { MarkedRange } from '../../../../../src/kernel/packet-filter/marked-range.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';
import { FakeKernel } from '../../../../support/fake-kernel/fake-kernel.ts';

import { member, portsFrom, rtp, setUp, vip } from '../../../../support/port-range-table.ts';

describe('the port ranges of an address in sets', () => {
  it('are ports with a mark, and what becomes of packets with it', async () => {
    const { table, desire, held, marks } = setUp();
    await table.relist();
    assert.deepEqual(await desire(member(rtp)), []);
    assert.deepEqual(marks(), portsFrom(10_000, 10_009));
    assert.deepEqual(held('external'), [`${vip},0x1001`]);
    for (const role of ['cluster', 'node-only', 'refused', 'guarded', 'admitted']) {
      assert.deepEqual(held(role), [], role);
    }
    assert.deepEqual(table.differing(), []);
  });

  for (const [role, set] of [
    ['cluster', 'cluster'],
    ['external', 'external'],
    ['local', undefined],
    ['node-only', 'node-only'],
    ['refused', 'refused'],
  ] as const) {
    it(`stand in ${set === undefined ? 'no other set' : `the set ${set}`} for the role ${role}`, async () => {
      const { table, desire, held } = setUp();
      await table.relist();
      await desire(member({ ...rtp, role }));
      const sets = ['cluster', 'external', 'local', 'node-only', 'refused', 'guarded'];
      assert.deepEqual(
        sets.filter((one) => held(one).length > 0),
        set === undefined ? [] : [set],
      );
    });
  }

  it('have their marks after what becomes of them, and lose them before', async () => {
    const { table, desire, changes } = setUp();
    await table.relist();
    const guarded = { ...rtp, sources: [cidr('10.0.0.0/8')] };
    changes();
    await desire(member(guarded));
    const added = changes();
    assert.deepEqual(
      added.map((words) => / of set kube-ipvs-range-(.*)-4$/.exec(words)?.[1]),
      ['admitted', 'guarded', 'external', 'marks'],
    );
    await desire(undefined);
    assert.match(changes()[0] ?? '', / of set kube-ipvs-range-marks-4$/);
    assert.deepEqual(await desire(), []);
  });

  it('go when nobody wants them any more', async () => {
    const { kernel, table, desire } = setUp();
    await table.relist();
    await desire(member({ ...rtp, sources: [cidr('10.0.0.0/8'), cidr(`${vip}/32`)] }));
    assert.equal(kernel.ipset.entries('kube-ipvs-range-admitted-4').length, 2);
    await desire(undefined);
    for (const { name, entries } of kernel.ipset.sets.values()) {
      assert.equal(entries.size, 0, name);
    }
  });

  it('are one message for ten thousand ports', async () => {
    const { table, desire, changes, marks } = setUp();
    await table.relist();
    changes();
    await desire(member({ ...rtp, last: 19_999 }));
    assert.equal(changes().filter((words) => words.includes('-marks-')).length, 1);
    assert.equal(marks().length, 10_000);
  });

  it('get their new marks over the old ones, and no port is without one meanwhile', async () => {
    const { table, desire, changes, marks } = setUp();
    await table.relist();
    await desire(member(rtp));
    changes();
    await desire(member({ ...rtp, mark: 2 }));
    assert.deepEqual(changes(), [
      `add entry ${vip},0x2 of set kube-ipvs-range-external-4`,
      `add entry UDP ${vip}:10000 to UDP ${vip}:10009 of set kube-ipvs-range-marks-4`,
      `delete entry ${vip},0x1001 of set kube-ipvs-range-external-4`,
    ]);
    assert.deepEqual(marks(), portsFrom(10_000, 10_009, 2));
  });

  it('lose no port that another range has taken over', async () => {
    const { table, desire, changes, marks } = setUp();
    await table.relist();
    await desire(member(rtp));
    changes();
    await desire(
      member(
        { ...rtp, first: 10_002, last: 10_005 },
        { ...rtp, first: 10_007, last: 10_012, mark: 3 },
      ),
    );
    assert.deepEqual(
      changes().filter((words) => words.startsWith('delete ')),
      [
        `delete entry UDP ${vip}:10000 to UDP ${vip}:10001 of set kube-ipvs-range-marks-4`,
        `delete entry UDP ${vip}:10006 of set kube-ipvs-range-marks-4`,
      ],
    );
    assert.deepEqual(marks().toSorted(), [
      ...portsFrom(10_002, 10_005),
      ...portsFrom(10_007, 10_012, 3),
    ]);
    assert.deepEqual(table.differing(), []);
  });

  it('are not mistaken for those of another protocol', async () => {
    const { table, desire, marks } = setUp();
    await table.relist();
    await desire(member(rtp, { ...rtp, protocol: 'TCP' }));
    await desire(member(rtp));
    assert.deepEqual(marks(), portsFrom(10_000, 10_009));
  });

  it('are brought back whole by an audit where a port is missing or has another mark', async () => {
    for (const spoil of [
      (entries: Map<string, object>) => entries.delete(`UDP ${vip}:10004`),
      (entries: Map<string, object>) =>
        entries.set(`UDP ${vip}:10004`, {
          ...entries.get(`UDP ${vip}:10004`),
          packetMark: [0x1001, 0xffff_ffff],
        }),
      (entries: Map<string, object>) =>
        entries.set(`UDP ${vip}:10004`, {
          ...entries.get(`UDP ${vip}:10004`),
          packetMark: undefined,
        }),
    ]) {
      const { kernel, table, desire, round, changes, marks } = setUp();
      await table.relist();
      await desire(member(rtp));
      const entries = kernel.ipset.sets.get('kube-ipvs-range-marks-4')?.entries;
      assert.ok(entries !== undefined);
      spoil(entries);
      changes();
      await table.relist();
      assert.deepEqual(table.takeDrifted(), [`kube-ipvs-range-marks-4 ${vip}`]);
      assert.deepEqual(await round(), []);
      assert.deepEqual(changes(), [
        `add entry UDP ${vip}:10000 to UDP ${vip}:10009 of set kube-ipvs-range-marks-4`,
      ]);
      assert.deepEqual(marks().toSorted(), portsFrom(10_000, 10_009));
      await table.relist();
      assert.deepEqual(table.takeDrifted(), []);
    }
  });

  it('that somebody else has added go in an audit', async () => {
    const { kernel, table, desire, round, held } = setUp();
    await table.relist();
    await desire(member(rtp));
    const left = setUp();
    await left.table.relist();
    await left.desire(
      portRangesOf(ip('192.0.2.9'), [{ ...rtp, sources: [cidr('10.0.0.0/8')] }]),
      member(rtp, { ...rtp, first: 20_000, last: 20_003, mark: 4, role: 'refused' }),
    );
    for (const [name, { entries }] of left.kernel.ipset.sets) {
      entries.forEach((entry, text) => kernel.ipset.sets.get(name)?.entries.set(text, entry));
    }
    const marked = kernel.ipset.sets.get('kube-ipvs-range-marks-4')?.entries;
    // Without a mark.
    const { packetMark, ...one } = marked?.get(`UDP ${vip}:10000`) ?? {};
    assert.deepEqual(packetMark, [0x1001, 0x107f]);
    marked?.set(`UDP ${vip}:9`, { ...one, port: 9 });
    assert.equal(held('marks').length, 25);
    await table.relist();
    assert.deepEqual(await round(), []);
    assert.equal(held('marks').length, 10);
    assert.deepEqual(
      ['external', 'refused', 'guarded', 'admitted'].flatMap((role) => held(role)),
      [`${vip},0x1001`],
    );
  });

  it('are read again where the kernel has refused a part', async () => {
    const { kernel, table, desire, changes, marks } = setUp();
    await table.relist();
    kernel.addFaults(
      `add entry UDP ${vip}:10000 to UDP ${vip}:10009 of set kube-ipvs-range-marks-4`,
      { kind: 'refused', code: 'ENOMEM' },
    );
    const [message = ''] = await desire(member(rtp));
    assert.match(
      message,
      /^add entry UDP 192\.0\.2\.1:10000-10009 0x1001\/0x107f of set kube-ipvs-range-marks-4: ENOMEM/,
    );
    await table.reread(60_000);
    changes();
    assert.deepEqual((await table.applyAdditions(60_000)).failures, []);
    assert.equal(changes().length, 1);
    assert.equal(marks().length, 10);
  });

  it('are left alone where the kernel lacks one of their sets: a mark alone would let everybody in', () => {
    const client = new SetClient({}, new FakeKernel().open('netfilter'));
    const kind = new SetEntryKind(client, ['IPv4'], {
      inKernel: (set) => (set.type === 'hash:net,net' ? undefined : set),
    });
    assert.deepEqual(kind.difference(member(rtp), undefined), { additions: [], removals: [] });
  });

  it('are told of as the member that they are part of, once', async () => {
    const { table, desire, told } = setUp();
    await table.relist();
    const wanted = member({ ...rtp, sources: [cidr('10.0.0.0/8')] });
    await desire(wanted);
    assert.deepEqual(told.splice(0), [{ kind: 'added', member: wanted }]);
    // What is there at last is told last, though ports go when others have come.
    const moved = member({ ...rtp, first: 10_005, last: 10_014 });
    await desire(moved);
    assert.deepEqual(told[0], { kind: 'deleted', member: wanted });
    assert.deepEqual(told.splice(0).at(-1), { kind: 'added', member: moved });
    await desire(undefined);
    assert.deepEqual(told, [{ kind: 'deleted', member: moved }]);
  });

  it('are known at the start, with their marks', async () => {
    const { kernel, table, desire } = setUp();
    await table.relist();
    const range6: MarkedRange = { ...rtp, first: 1, last: 65_535, mark: 2, role: 'cluster' };
    await desire(
      member(rtp, { ...rtp, protocol: 'TCP', first: 5060, last: 5060 }),
      portRangesOf(ip('2001:db8::1'), [range6]),
    );
    const client = new SetClient({}, kernel.open('netfilter'));
    const found = await new SetEntryKind(client, ['IPv4', 'IPv6']).portRanges();
    assert.deepEqual(
      found.map(({ address, ranges }) => [
        address.text,
        ...ranges.map(({ protocol, first, last, mark }) => `${protocol} ${first} ${last} ${mark}`),
      ]),
      [
        [vip, 'TCP 5060 5060 4097', 'UDP 10000 10009 4097'],
        ['2001:db8::1', 'UDP 1 65535 2'],
      ],
    );
  });
});
