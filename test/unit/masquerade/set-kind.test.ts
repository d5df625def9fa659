import assert from 'node:assert/strict';
import { memberKey } from '../../../src/masquerade/member-key.ts';
import { SetEntryKind } from '../../../src/masquerade/set-kind.ts';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import type { SetMember } from '../../../src/translate/set-member.ts';
import { ip } from '../../support/cluster-objects.ts';
import { FakeSets } from '../../support/fake-sets.ts';

function vip(text: string): SetMember {
  return { role: 'vip', entry: { kind: 'address', address: ip(text) } };
}

function cluster(text: string, port: number): SetMember {
  return {
    role: 'cluster',
    entry: { kind: 'endpoint', address: ip(text), protocol: 'TCP', port },
  };
}

function setUp() {
  const sets = new FakeSets();
  const kind = new SetEntryKind(sets, ['IPv4', 'IPv6']);
  const table = new KindTable(kind);
  const desire = (...members: readonly SetMember[]) => {
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
  const held = (name: string) => [...(sets.sets.get(name)?.keys() ?? [])];
  return { sets, kind, table, desire, round, held };
}

describe('the entries of the sets', () => {
  it('are brought into sets that the first list has made', async () => {
    const { sets, table, desire, round, held } = setUp();
    await table.relist();
    assert.equal(sets.sets.size, 19);
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
    const { sets, table, desire, round, held } = setUp();
    await table.relist();
    for (const text of ['10.96.0.1', '10.96.0.9']) {
      sets.sets.get('kube-ipvs-vip-4')?.set(text, vip(text).entry);
    }
    desire(vip('10.96.0.1'));
    await table.relist();
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
  });

  it('come back in the audit after their set was flushed, or destroyed', async () => {
    const { sets, table, desire, round, held } = setUp();
    await table.relist();
    desire(vip('10.96.0.1'));
    await round();
    sets.sets.get('kube-ipvs-vip-4')?.clear();
    await table.relist();
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
    sets.sets.delete('kube-ipvs-vip-4');
    await table.relist();
    await round();
    assert.deepEqual(held('kube-ipvs-vip-4'), ['10.96.0.1']);
  });

  it('that the kernel refused are read in their own sets alone, which are made again', async () => {
    const { sets, table, desire, round } = setUp();
    await table.relist();
    sets.sets.delete('kube-ipvs-vip-4');
    desire(vip('10.96.0.1'), cluster('10.96.0.1', 80));
    const [message = ''] = await round();
    assert.match(message, /^add entry 10\.96\.0\.1 of set kube-ipvs-vip-4: ENOENT/);
    sets.listed.length = 0;
    await table.reread(60_000);
    assert.deepEqual([...new Set(sets.listed)], ['kube-ipvs-vip-4']);
    const { failures } = await table.applyAdditions(60_000);
    assert.deepEqual(failures, []);
    assert.deepEqual([...(sets.sets.get('kube-ipvs-vip-4')?.keys() ?? [])], ['10.96.0.1']);
  });

  it('are never looked for in the empty set', async () => {
    const { sets, table } = setUp();
    await table.relist();
    assert.deepEqual(
      sets.listed.filter((name) => name.includes('empty')),
      [],
    );
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
