import assert from 'node:assert/strict';
import { NftClient } from '../../../../../src/kernel/nf-tables/client.ts';
import {
  TableFoundation,
  whyNotHere,
} from '../../../../../src/kernel/packet-filter/nftables/foundation.ts';
import type { RuleSettings } from '../../../../../src/kernel/packet-filter/nftables/rules.ts';
import { ImpossibleError } from '../../../../../src/reconcile/foundation.ts';
import { FakeNfTables } from '../../../../support/fake-kernel/nf-tables.ts';

const families = ['IPv4', 'IPv6'] as const;
const settings: RuleSettings = { masqueradeAll: false, local: { kind: 'none' } };

function setUp(kernel = new FakeNfTables()) {
  const client = new NftClient(kernel.open);
  const notes: string[] = [];
  const listener = { note: (message: string) => notes.push(message) };
  const foundation = new TableFoundation(client, families, settings, listener);
  return { kernel, client, notes, foundation };
}

/** The first messages of the transactions so far. */
function heads({ transactions }: FakeNfTables): readonly (string | undefined)[] {
  return transactions.map(([head]) => head);
}

const owned = 'table kube-ipvs owner persist';
const open = 'table kube-ipvs';

describe('the table of nf_tables', () => {
  it("is made with all that is in it, by one transaction, as this process's own", async () => {
    const { kernel, client, foundation } = setUp();
    assert.equal(foundation.inPlace, false);
    await foundation.ensure();
    assert.deepEqual(heads(kernel), [owned]);
    assert.equal(foundation.inPlace, true);
    assert.equal(foundation.ownership, 'owned');
    assert.notEqual(kernel.table()?.owner, undefined);
    assert.equal(kernel.table()?.sets.size, 27);
    client.close();
  });

  it('has rules that see every packet only since there are port ranges, and then at once', async () => {
    const { kernel, client, foundation } = setUp();
    const chains = () => [...(kernel.table()?.chains.keys() ?? [])];
    await foundation.ensure();
    assert.ok(!chains().includes('filter-input'));
    await foundation.servePortRanges();
    assert.ok(chains().includes('filter-input'));
    kernel.transactions.length = 0;
    await foundation.servePortRanges();
    assert.deepEqual(kernel.transactions, []);
    client.close();
  });

  it('is open to all where the kernel has no owners, and is asked for that once', async () => {
    const { kernel, client, foundation } = setUp();
    kernel.hasOwnership = false;
    await foundation.ensure();
    assert.deepEqual(heads(kernel), [owned, open]);
    assert.equal(foundation.ownership, 'open to all');
    assert.equal(foundation.inPlace, true);
    kernel.tables.clear();
    await foundation.ensure();
    assert.deepEqual(heads(kernel), [owned, open, open]);
    client.close();
  });

  it('is taken up by who comes after its owner, with its elements', async () => {
    const first = setUp();
    await first.foundation.ensure();
    const { kernel } = first;
    // The socket of the one before is closed; the table persists.
    first.client.close();
    kernel.leaveTable();
    const table = kernel.table();
    assert.ok(table);
    table.sets.get('vips-4')?.elements.set('0a600001-0a600001', {
      key: '0a600001',
      keyEnd: undefined,
      verdict: undefined,
    });
    const next = setUp(kernel);
    await next.foundation.ensure();
    assert.equal(next.foundation.ownership, 'owned');
    assert.deepEqual(kernel.elements('vips-4'), ['0a600001']);
    assert.notEqual(kernel.table()?.owner, undefined);
    next.client.close();
  });

  it('of another process that lives is left to it, and that passes', async () => {
    const first = setUp();
    await first.foundation.ensure();
    const second = setUp(first.kernel);
    await assert.rejects(second.foundation.ensure(), (error: Error) => {
      assert.ok(!(error instanceof ImpossibleError));
      assert.match(error.message, /^another process owns the table kube-ipvs: another kube-ipvs/);
      return true;
    });
    assert.equal(second.foundation.inPlace, false);
    await assert.rejects(second.foundation.remove(), /another process owns the table/);
    assert.notEqual(first.kernel.table()?.owner, undefined);
    first.kernel.leaveTable();
    await second.foundation.ensure();
    assert.equal(second.foundation.inPlace, true);
    first.client.close();
    second.client.close();
  });

  it('is impossible without the right to it', async () => {
    const { kernel, client, foundation } = setUp();
    kernel.refusesAll = 'EPERM';
    await assert.rejects(foundation.ensure(), (error: Error) => {
      assert.ok(error instanceof ImpossibleError && error.lack === 'right');
      assert.match(error.message, /NET_ADMIN/);
      return true;
    });
    client.close();
  });

  it('is impossible where the kernel lacks a part of it, and says which message', async () => {
    const { kernel, client, foundation } = setUp();
    kernel.refuses = (words) => (words === 'chain nat-output' ? 'ENOENT' : undefined);
    await assert.rejects(foundation.ensure(), (error: Error) => {
      assert.ok(error instanceof ImpossibleError && error.lack === 'module');
      assert.match(error.message, /^the kernel refuses the table kube-ipvs \(message \d+: ENOENT/);
      return true;
    });
    assert.equal(kernel.tables.size, 0);
    client.close();
  });

  it('may be had later where memory is short', async () => {
    const { kernel, client, foundation } = setUp();
    kernel.refuses = (words) => (words === 'chain begin' ? 'ENOMEM' : undefined);
    await assert.rejects(foundation.ensure(), { name: 'NetlinkError', code: 'ENOMEM' });
    kernel.refuses = () => undefined;
    await foundation.ensure();
    assert.equal(foundation.inPlace, true);
    client.close();
  });

  for (const [what, disturb] of [
    [
      'are deleted',
      (kernel) => {
        kernel.table()?.chains.set('begin', []);
      },
    ],
    [
      'are more than they were',
      (kernel) => {
        kernel.table()?.chains.get('begin')?.push({ handle: 999, words: '[ immediate accept ]' });
      },
    ],
    ['are gone with the table', (kernel) => kernel.tables.clear()],
  ] as const satisfies readonly (readonly [string, (kernel: FakeNfTables) => unknown])[]) {
    it(`is written anew when its rules ${what}`, async () => {
      const { kernel, client, foundation } = setUp();
      kernel.hasOwnership = false;
      await foundation.ensure();
      const rules = () =>
        JSON.stringify([...(kernel.table()?.chains ?? [])]).replaceAll(/"handle":\d+/g, '');
      const before = rules();
      kernel.othersDo(() => disturb(kernel));
      assert.notEqual(rules(), before);
      assert.equal(await foundation.areRulesAsWritten(), false);
      await foundation.ensure();
      assert.equal(rules(), before);
      assert.equal(await foundation.areRulesAsWritten(), true);
      client.close();
    });
  }

  for (const hasOwnership of [true, false]) {
    it(`with sets of another kind is replaced at once, ${hasOwnership ? 'and then owned' : 'where none is owned'}`, async () => {
      const { kernel, client, notes, foundation } = setUp();
      kernel.hasOwnership = hasOwnership;
      kernel.tables.set('kube-ipvs', {
        flags: hasOwnership ? 4 : 0,
        owner: undefined,
        sets: new Map([['vips-4', { header: [0, 8, 16], elements: new Map() }]]),
        chains: new Map(),
      });
      await foundation.ensure();
      assert.deepEqual(kernel.table()?.sets.get('vips-4')?.header, [0, 7, 4]);
      assert.equal(kernel.table()?.owner !== undefined, hasOwnership);
      assert.equal(foundation.ownership, hasOwnership ? 'owned' : 'open to all');
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', /^replaced the table kube-ipvs/);
      const taken = kernel.transactions.at(-1) ?? [];
      assert.equal(taken[1], 'delete table kube-ipvs');
      // What comes then is taken as that of the owner.
      assert.equal((await client.transact([foundation.head()])).kind, 'taken');
      client.close();
    });
  }

  it('that is open to all stays so, since the kernel lets nobody own it then', async () => {
    const { kernel, client, foundation } = setUp();
    kernel.tables.set('kube-ipvs', {
      flags: 0,
      owner: undefined,
      sets: new Map(),
      chains: new Map(),
    });
    await foundation.ensure();
    assert.equal(foundation.ownership, 'open to all');
    assert.equal(foundation.inPlace, true);
    client.close();
  });

  it('is the first message of every transaction, as it is owned', async () => {
    for (const hasOwnership of [true, false]) {
      const { kernel, client, foundation } = setUp();
      kernel.hasOwnership = hasOwnership;
      await foundation.ensure();
      assert.equal((await client.transact([foundation.head()])).kind, 'taken');
      assert.equal(heads(kernel).at(-1), hasOwnership ? owned : open);
      client.close();
    }
  });

  it('is removed, whoever has left it, and it is no matter where there is none', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.remove();
    assert.deepEqual(kernel.transactions, []);
    for (const flags of [0, 4]) {
      kernel.tables.set('kube-ipvs', {
        flags,
        owner: undefined,
        sets: new Map(),
        chains: new Map(),
      });
      await foundation.remove();
      assert.equal(kernel.tables.size, 0);
    }
    client.close();
  });
});

describe('the question whether the kernel can have the table', () => {
  it('changes nothing, and asks nothing of a table that is there', async () => {
    const { kernel, client } = setUp();
    assert.equal(await whyNotHere(client, families, settings), undefined);
    assert.equal(kernel.tables.size, 0);
    assert.deepEqual(heads(kernel), ['table kube-ipvs-check']);
    client.close();
  });

  it('is answered by what is lacking', async () => {
    const { kernel, client } = setUp();
    kernel.refuses = (words) => (words === 'chain nat-prerouting' ? 'ENOENT' : undefined);
    assert.match(
      (await whyNotHere(client, families, settings)) ?? '',
      /needs nf_tables of Linux 5\.9 or later with NAT/,
    );
    kernel.refusesAll = 'EOPNOTSUPP';
    assert.match(
      (await whyNotHere(client, families, settings)) ?? '',
      /the kernel has no nf_tables/,
    );
    client.close();
  });
});
