import assert from 'node:assert/strict';
import { SetClient } from '../../../../../src/kernel/ipset/client.ts';
import { memberKey } from '../../../../../src/kernel/packet-filter/iptables/member-key.ts';
import { SetEntryKind } from '../../../../../src/kernel/packet-filter/iptables/set-kind.ts';
import { KindTable } from '../../../../../src/reconcile/kind-table.ts';
import {
  portRangesOf,
  type FilterMember,
} from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { ip } from '../../../../support/cluster-objects.ts';
import { FakeKernel } from '../../../../support/fake-kernel/fake-kernel.ts';

function vip(text: string): FilterMember {
  return { role: 'vip', entry: { kind: 'address', address: ip(text) } };
}

function cluster(text: string, port: number): FilterMember {
  return {
    role: 'cluster',
    entry: { kind: 'endpoint', address: ip(text), protocol: 'TCP', port },
  };
}

function setUp() {
  const kernel = new FakeKernel();
  const client = new SetClient({}, kernel.open('netfilter'));
  /** The names of the sets that are not known to be in the kernel. */
  const missing = new Set<string>();
  const kind = new SetEntryKind(client, ['IPv4', 'IPv6'], {
    inKernel: (set) => (missing.has(set.name) ? undefined : set),
  });
  const table = new KindTable(kind);
  const desire = (...members: readonly FilterMember[]) => {
    members.forEach((member) => {
      table.setDesired(memberKey(member), member);
    });
  };
  const round = async () => {
    await table.reread(0);
    const added = await table.applyAdditions(0);
    const removed = await table.applyRemovals(0);
    return [...added.failures, ...removed.failures].map(({ error }) => error.message);
  };
  const held = (name: string) => kernel.ipset.entries(name);
  return { kernel, client, kind, missing, table, desire, round, held };
}

describe('the entries of the sets', () => {
  it('are brought into sets that the first list has made', async () => {
    const { kernel, table, desire, round, held } = setUp();
    await table.relist();
    assert.equal(kernel.ipset.sets.size, 35);
    desire(vip('10.96.0.1'), vip('fd00:96::1'), cluster('10.96.0.1', 80));
    assert.deepEqual(await round(), []);
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
    assert.deepEqual(held('kube-ipvs-vip-6'), ['fd00:96::1']);
    assert.deepEqual(held('kube-ipvs-cluster-4'), ['TCP 10.96.0.1:80']);
    assert.deepEqual(table.differing(), []);
  });

  it('go when nobody wants them any more', async () => {
    const { table, desire, round, held } = setUp();
    await table.relist();
    desire(vip('10.96.0.1'), vip('10.96.0.2'));
    await round();
    table.setDesired(memberKey(vip('10.96.0.1')), undefined);
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.2']);
  });

  it('that an earlier run or somebody else left go, too: the sets are ours', async () => {
    const { client, kind, table, desire, round, held } = setUp();
    await table.relist();
    const left = ['10.96.0.1', '10.96.0.9'].map((text) => vip(text));
    await client.execute(left.flatMap((member) => kind.difference(member, undefined).additions));
    desire(vip('10.96.0.1'));
    await table.relist();
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
  });

  it('come back in the audit after their set was flushed, or destroyed', async () => {
    const { kernel, table, desire, round, held } = setUp();
    await table.relist();
    desire(vip('10.96.0.1'));
    await round();
    kernel.ipset.sets.get('kube-ipvs-vip-4')?.entries.clear();
    await table.relist();
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
    kernel.ipset.sets.delete('kube-ipvs-vip-4');
    await table.relist();
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
  });

  it('that were to go while their set was not known to be there go after the audit that finds it', async () => {
    const { missing, table, desire, round, held } = setUp();
    await table.relist();
    desire(vip('10.96.0.1'), vip('10.96.0.2'));
    await round();
    missing.add('kube-ipvs-vip-4');
    table.setDesired(memberKey(vip('10.96.0.2')), undefined);
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1', '10.96.0.2']);
    missing.clear();
    await table.relist();
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
    assert.deepEqual(table.takeDrifted(), []);
  });

  it('of port ranges that were to change meanwhile change then, too', async () => {
    const { missing, table, desire, round, held } = setUp();
    const ranges = (last: number): FilterMember =>
      portRangesOf(ip('192.0.2.1'), [
        { protocol: 'UDP', first: 10_000, last, mark: 1, role: 'external', sources: undefined },
      ]);
    await table.relist();
    desire(ranges(10_003));
    await round();
    missing.add('kube-ipvs-range-guarded-4');
    desire(ranges(10_001));
    await round();
    assert.equal(held('kube-ipvs-range-marks-4').length, 4);
    missing.clear();
    await table.relist();
    await round();
    assert.equal(held('kube-ipvs-range-marks-4').length, 2);
  });

  it('that the kernel refused are read in their own sets alone, which are made again', async () => {
    const { kernel, table, desire, round, held } = setUp();
    await table.relist();
    kernel.ipset.sets.delete('kube-ipvs-vip-4');
    desire(vip('10.96.0.1'), cluster('10.96.0.1', 80));
    const [message = ''] = await round();
    assert.match(message, /^add entry 10\.96\.0\.1 of set kube-ipvs-vip-4: ENOENT/);
    kernel.questions.length = 0;
    await table.reread(60_000);
    assert.deepEqual(kernel.questions, ['entries of set kube-ipvs-vip-4', 'type hash:ip for IPv4']);
    const { failures } = await table.applyAdditions(60_000);
    assert.deepEqual(failures, []);
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
  });

  it('are never looked for in the empty set', async () => {
    const { kernel, table } = setUp();
    await table.relist();
    kernel.questions.length = 0;
    await table.relist();
    assert.deepEqual(
      kernel.questions.filter((words) => words.includes('empty')),
      [],
    );
    assert.equal(kernel.questions.filter((words) => words.startsWith('entries')).length, 35);
  });

  it('are found by their keys when a few are read', async () => {
    const { table, kind, desire, round } = setUp();
    await table.relist();
    desire(vip('10.96.0.1'), vip('10.96.0.2'), cluster('10.96.0.1', 80));
    await round();
    const asked = [vip('10.96.0.1'), cluster('10.96.0.9', 80)];
    const found = await kind.read(new Map(asked.map((member) => [memberKey(member), member])));
    assert.deepEqual([...found.keys()], ['kube-ipvs-vip-4 10.96.0.1']);
    const again = await kind.read(found);
    assert.deepEqual([...again.keys()], ['kube-ipvs-vip-4 10.96.0.1']);
  });
});
