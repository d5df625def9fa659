import assert from 'node:assert/strict';
import type {
  FilterMember,
  FilterRole,
} from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { memberKey } from '../../../../../src/kernel/packet-filter/nftables/member-elements.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';
import { elementWorld, type ElementWorld } from '../../../../support/element-world.ts';

function frontEnd(role: FilterRole, address = '10.96.0.1'): FilterMember {
  return { role, entry: { kind: 'endpoint', address: ip(address), protocol: 'TCP', port: 80 } };
}

function vip(address: string): FilterMember {
  return { role: 'vip', entry: { kind: 'address', address: ip(address) } };
}

/** `10.96.0.1`, TCP, 80. */
const webKey = '0a6000010600000000500000';

describe('the elements of the table', () => {
  it('come with what is desired and go with it', async () => {
    const { kernel, table, told, desire, round, client } = await elementWorld();
    await table.relist();
    desire(frontEnd('cluster'), vip('10.96.0.1'), vip('fd00:96::1'));
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.elements('front-ends-4'), [`${webKey} : accept`]);
    assert.deepEqual(kernel.elements('sources-4'), [`${webKey} : return`]);
    assert.deepEqual(kernel.elements('vips-6'), ['fd000096000000000000000000000001']);
    table.setDesired(memberKey(frontEnd('cluster')), undefined);
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.elements('front-ends-4'), []);
    assert.deepEqual(kernel.elements('sources-4'), []);
    assert.deepEqual(kernel.elements('vips-4'), ['0a600001']);
    assert.deepEqual(told, [
      'added cluster TCP 10.96.0.1:80',
      'added vip 10.96.0.1',
      'added vip fd00:96::1',
      'deleted cluster TCP 10.96.0.1:80',
    ]);
    client.close();
  });

  it('of a front end whose role changes are one row and one transaction, deletions first', async () => {
    const { kernel, table, told, desire, round, settled, client } = await elementWorld();
    await settled(frontEnd('external'));
    desire(frontEnd('refused'));
    assert.equal(table.size, 1);
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.transactions, [
      [
        'table kube-ipvs',
        `delete front-ends-4 ${webKey}`,
        `delete sources-4 ${webKey}`,
        `add front-ends-4 ${webKey} : goto refused-4`,
      ],
    ]);
    assert.deepEqual(told, ['deleted external TCP 10.96.0.1:80', 'added refused TCP 10.96.0.1:80']);
    client.close();
  });

  it('that stay as they are in a change of the role are not touched', async () => {
    const { kernel, desire, round, settled, client } = await elementWorld();
    await settled(frontEnd('external'));
    desire(frontEnd('local'));
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.transactions, [
      [
        'table kube-ipvs',
        `delete sources-4 ${webKey}`,
        `add sources-4 ${webKey} : goto own-source-4`,
      ],
    ]);
    client.close();
  });

  it('are left alone where they are as desired', async () => {
    const { kernel, table, round, settled, client } = await elementWorld();
    await settled(frontEnd('local'), vip('10.96.0.1'));
    await table.relist();
    assert.equal(table.hasDirty(), false);
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.transactions, []);
    client.close();
  });

  for (const [what, disturb] of [
    [
      'with another verdict',
      ({ othersPut }) => {
        othersPut('front-ends-4', webKey, 'goto refused-4');
      },
    ],
    [
      'with a verdict that none of ours has',
      ({ othersPut }) => {
        othersPut('front-ends-4', webKey, 'drop');
      },
    ],
    ['that one map lacks', ({ othersDelete }) => othersDelete('sources-4')],
    ['that the other map lacks', ({ othersDelete }) => othersDelete('front-ends-4')],
    [
      'that both lack',
      ({ othersDelete }) => {
        othersDelete('front-ends-4');
        othersDelete('sources-4');
      },
    ],
  ] as const satisfies readonly (readonly [string, (world: ElementWorld) => unknown])[]) {
    it(`are mended: a front end ${what}`, async () => {
      const world = await elementWorld();
      const { kernel, table, round, settled, client } = world;
      await settled(frontEnd('external'));
      const before = [kernel.elements('front-ends-4'), kernel.elements('sources-4')];
      disturb(world);
      assert.notDeepEqual([kernel.elements('front-ends-4'), kernel.elements('sources-4')], before);
      await table.relist();
      assert.deepEqual(await round(), []);
      assert.deepEqual([kernel.elements('front-ends-4'), kernel.elements('sources-4')], before);
      assert.equal(kernel.transactions.length, 1);
      client.close();
    });
  }

  for (const [what, set, key, verdict, keyEnd] of [
    ['an address that is no VIP', 'vips-4', '0a600909', undefined, undefined],
    ['a port', 'health-ports', '0050', undefined, undefined],
    ['a front end of nobody', 'front-ends-4', webKey, 'accept', undefined],
    ['where a front end comes from alone', 'sources-4', webKey, 'return', undefined],
    [
      'one of a protocol that Services have not',
      'guarded-4',
      '0a6000010100000000500000',
      undefined,
      undefined,
    ],
    [
      'a front end of such a protocol',
      'front-ends-4',
      '0a6000010100000000500000',
      'accept',
      undefined,
    ],
    ['a hairpin to another one', 'hairpins-4', `${webKey}0a600002`, undefined, undefined],
  ] as const) {
    it(`are ours alone: ${what}, put there by others, goes`, async () => {
      const { kernel, table, round, settled, othersPut, client } = await elementWorld();
      await settled(vip('10.96.0.1'));
      othersPut(set, key, verdict, keyEnd);
      await table.relist();
      assert.deepEqual(await round(), []);
      assert.deepEqual(kernel.elements(set), set === 'vips-4' ? ['0a600001'] : []);
      client.close();
    });
  }

  it('are not touched while the table is not in place, and come when it is', async () => {
    const { kernel, table, node, desire, round, client } = await elementWorld();
    await table.relist();
    node.isTableInPlace = false;
    desire(vip('10.96.0.1'));
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.transactions, []);
    node.isTableInPlace = true;
    // As the audit does that finds the table there.
    await table.relist();
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.elements('vips-4'), ['0a600001']);
    client.close();
  });

  it('that were to change while the table was not in place change after the audit that finds it there', async () => {
    const { kernel, table, told, node, desire, round, settled, client } = await elementWorld();
    await settled(frontEnd('refused'), vip('10.96.0.1'), vip('10.96.0.2'));
    node.isTableInPlace = false;
    desire(frontEnd('cluster'));
    table.setDesired(memberKey(vip('10.96.0.2')), undefined);
    assert.deepEqual(await round(), []);
    // An audit that does not find it there either leaves them as they are.
    await table.relist();
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.transactions, []);
    node.isTableInPlace = true;
    await table.relist();
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.elements('front-ends-4'), [`${webKey} : accept`]);
    assert.deepEqual(kernel.elements('vips-4'), ['0a600001']);
    assert.deepEqual(table.takeDrifted(), []);
    assert.deepEqual(told, [
      'deleted refused TCP 10.96.0.1:80',
      'added cluster TCP 10.96.0.1:80',
      'deleted vip 10.96.0.2',
    ]);
    client.close();
  });

  it('are none in a table that is gone', async () => {
    const { kernel, table, settled, client } = await elementWorld();
    await settled(frontEnd('cluster'), vip('10.96.0.1'));
    kernel.tables.clear();
    await table.relist();
    assert.equal(table.differing().length, 2);
    client.close();
  });

  it('say what was to be done, where the kernel refuses', async () => {
    const { kernel, table, told, desire, round, settled, client } = await elementWorld();
    await settled(vip('10.96.0.1'));
    kernel.refuses = (words) => (/ vips-4 | front-ends-4 /.test(words) ? 'ENOMEM' : undefined);
    desire(frontEnd('cluster'));
    table.setDesired(memberKey(vip('10.96.0.1')), undefined);
    const messages = await round();
    assert.equal(messages.length, 2);
    assert.match(
      messages[0] ?? '',
      /^add cluster TCP 10\.96\.0\.1:80 to the table kube-ipvs: ENOMEM/,
    );
    assert.match(messages[1] ?? '', /^delete vip 10\.96\.0\.1 from the table kube-ipvs: ENOMEM/);
    assert.deepEqual(told, []);
    client.close();
  });

  it('are read afresh where it is not known what became of them', async () => {
    const { kernel, table, desire, round, settled, client } = await elementWorld();
    await settled();
    kernel.answers.push('overrun');
    desire(frontEnd('cluster'));
    assert.match((await round()).join(), /ENOBUFS/);
    assert.deepEqual(await round(60_000), []);
    assert.equal(table.hasDirty(), false);
    assert.equal(kernel.transactions.length, 1, 'the kernel had taken it');
    client.close();
  });

  describe('of source ranges, which may not overlap,', () => {
    const admitted = (range: string, address = '10.96.0.1'): FilterMember => ({
      role: 'admitted',
      entry: {
        kind: 'endpoint and source',
        address: ip(address),
        protocol: 'TCP',
        port: 80,
        source: cidr(range),
      },
    });
    const other = admitted('10.1.2.0/24', '10.96.0.2');

    for (const [what, from, to] of [
      ['wider', ['10.1.0.0/16'], ['10.0.0.0/8']],
      ['narrower', ['10.0.0.0/8'], ['10.0.0.0/16']],
      ['several narrower ones', ['10.0.0.0/8'], ['10.0.0.0/16', '10.1.0.0/16', '10.2.0.0/16']],
      ['one wider one', ['10.1.0.0/16', '10.2.0.0/16'], ['10.0.0.0/8']],
      ['others', ['10.1.0.0/16'], ['10.2.0.0/16']],
    ] as const) {
      it(`change to ${what} in one transaction, and no others go`, async () => {
        const { kernel, table, told, desire, round, settled, client } = await elementWorld();
        await settled(...from.map((range) => admitted(range)), other);
        for (const range of from) {
          table.setDesired(memberKey(admitted(range)), undefined);
        }
        desire(...to.map((range) => admitted(range)));
        const changedTo = new Set<number>();
        kernel.onCommit = () => changedTo.add(kernel.elements('admitted-4').length);
        assert.deepEqual(await round(), []);
        assert.equal(kernel.elements('admitted-4').length, to.length + 1);
        // At no time is there nobody who is let through.
        assert.ok([...changedTo].every((count) => count > 1));
        for (const range of from) {
          assert.ok(told.includes(`deleted admitted TCP 10.96.0.1:80,${range}`), range);
        }
        await table.relist();
        assert.equal(table.hasDirty(), false);
        client.close();
      });
    }
  });
});
