import assert from 'node:assert/strict';
import { NftClient } from '../../../../src/kernel/nf-tables/client.ts';
import type { NftElement } from '../../../../src/kernel/nf-tables/element.ts';
import { tableMessage } from '../../../../src/kernel/nf-tables/write-ruleset.ts';
import { FakeNfTables } from '../../../support/fake-kernel/nf-tables.ts';

function setUp() {
  const kernel = new FakeNfTables();
  kernel.tables.set('kube-ipvs', {
    flags: 4,
    owner: undefined,
    chains: new Map([['begin', [{ handle: 7, words: '[ immediate accept ]' }]]]),
    sets: new Map([
      ['vips-4', { header: [0, 7, 4], elements: new Map() }],
      ['sources-4', { header: [8, 7, 12], elements: new Map() }],
    ]),
  });
  return { kernel, client: new NftClient(kernel.open) };
}

describe('questions to nf_tables', () => {
  it('are answered by what there is', async () => {
    const { kernel, client } = setUp();
    assert.equal((await client.table('kube-ipvs'))?.flags, 4);
    assert.deepEqual(await client.sets('kube-ipvs'), [
      { name: 'vips-4', flags: 0, keyType: 7, keyLength: 4 },
      { name: 'sources-4', flags: 8, keyType: 7, keyLength: 12 },
    ]);
    assert.equal((await client.rules('kube-ipvs')).length, 1);
    kernel.generation = 0x1234_5678;
    assert.equal(await client.generation(), 0x1234_5678);
    client.close();
  });

  it('are answered by nothing where there is nothing', async () => {
    const { client } = setUp();
    assert.equal(await client.table('others'), undefined);
    assert.deepEqual(await client.sets('others'), []);
    assert.deepEqual(await client.rules('others'), []);
    const visit = (): never => assert.fail('an element of nothing');
    assert.equal(await client.eachElement('kube-ipvs', 'vips-6', () => visit), false);
    assert.deepEqual(await client.baseChains(), []);
    client.close();
  });

  it('tell elements with every verdict that a map can have', async () => {
    const { kernel, client } = setUp();
    const verdicts = ['accept', 'drop', 'return', 'goto guard-4', 'jump leave-4'];
    const elements = kernel.table()?.sets.get('sources-4')?.elements;
    verdicts.forEach((verdict, index) => {
      const key = `0a00000${index}06000000${'0050'.padEnd(8, '0')}`;
      elements?.set(`${key}-${key}`, { key, keyEnd: undefined, verdict });
    });
    const seen: NftElement[] = [];
    const isThere = await client.eachElement('kube-ipvs', 'sources-4', () => (element) => {
      seen.push({ ...element, key: Uint8Array.from(element.key) });
    });
    assert.equal(isThere, true);
    assert.deepEqual(
      seen.map(({ verdict }) => verdict),
      [
        { kind: 'accept' },
        { kind: 'drop' },
        { kind: 'return' },
        { kind: 'goto', chain: 'guard-4' },
        { kind: 'jump', chain: 'leave-4' },
      ],
    );
    client.close();
  });

  it('for the number of transactions are asked between those of the client', async () => {
    const { kernel, client } = setUp();
    const [, first, , second] = await Promise.all([
      client.transact([tableMessage('a', 0)]),
      client.transactionsSoFar(),
      client.transact([tableMessage('b', 0)]),
      client.transactionsSoFar(),
    ]);
    assert.deepEqual(
      [first, second],
      [
        { all: 2, own: 1 },
        { all: 3, own: 2 },
      ],
    );
    kernel.othersDo(() => undefined);
    assert.deepEqual(await client.transactionsSoFar(), { all: 4, own: 2 });
    client.close();
  });

  it('go on beside transactions', async () => {
    const { client } = setUp();
    const [outcome, generation] = await Promise.all([
      client.transact([tableMessage('a', 0)]),
      client.generation(),
    ]);
    assert.equal(outcome.kind, 'taken');
    assert.ok(generation >= 1);
    assert.ok(await client.table('a'));
    client.close();
  });
});
