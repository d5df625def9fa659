import assert from 'node:assert/strict';
import { NftClient } from '../../../../../src/kernel/nf-tables/client.ts';
import { TableFoundation } from '../../../../../src/kernel/packet-filter/nftables/foundation.ts';
import { cidr } from '../../../../support/cluster-objects.ts';
import { FakeNfTables } from '../../../../support/fake-kernel/nf-tables.ts';

function setUp() {
  const kernel = new FakeNfTables();
  const client = new NftClient(kernel.open);
  const foundation = new TableFoundation(
    client,
    ['IPv4', 'IPv6'],
    { masqueradeAll: false, local: { kind: 'none' } },
    { note: () => undefined },
  );
  return { kernel, client, foundation };
}

describe('the table of nf_tables, once it was written,', () => {
  it('is left alone as long as its rules are as they were written', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.ensure();
    await foundation.ensure();
    assert.equal(kernel.transactions.length, 1);
    client.close();
  });

  it('is left alone whatever others and this process change elsewhere meanwhile', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.ensure();
    kernel.othersDo(() => undefined);
    assert.equal((await client.transact([foundation.head()])).kind, 'taken');
    kernel.transactions.length = 0;
    assert.equal(await foundation.areRulesAsWritten(), true);
    await foundation.ensure();
    assert.deepEqual(kernel.transactions, []);
    client.close();
  });

  it('stays in place while its rules are written anew: that is one transaction', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.ensure();
    foundation.setLocalDetector({ kind: 'ranges', ranges: [cidr('10.244.0.0/16')] });
    const meanwhile: boolean[] = [];
    kernel.onCommit = () => meanwhile.push(foundation.inPlace);
    await foundation.ensure();
    assert.deepEqual(meanwhile, [true]);
    client.close();
  });

  it('stays in place when it could not be written anew for now', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.ensure();
    foundation.setLocalDetector({ kind: 'ranges', ranges: [cidr('10.244.0.0/16')] });
    kernel.refuses = (words) => (words === 'chain begin' ? 'ENOMEM' : undefined);
    await assert.rejects(foundation.ensure(), { code: 'ENOMEM' });
    assert.equal(foundation.inPlace, true);
    client.close();
  });

  it('is in place no longer when the kernel cannot have it any more, until it can', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.ensure();
    kernel.tables.clear();
    kernel.refuses = (words) => (words === 'chain begin' ? 'ENOENT' : undefined);
    await assert.rejects(foundation.ensure(), { name: 'ImpossibleError' });
    assert.equal(foundation.inPlace, false);
    kernel.refuses = () => undefined;
    await foundation.ensure();
    assert.equal(foundation.inPlace, true);
    client.close();
  });

  it('is written once where an audit and the first port range ask for it at the same time', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.ensure();
    kernel.tables.clear();
    await Promise.all([foundation.ensure(), foundation.servePortRanges()]);
    assert.equal(kernel.transactions.length, 2);
    assert.ok(kernel.table()?.chains.has('filter-input'));
    client.close();
  });

  it('is written anew when Pods are known in another way', async () => {
    const { kernel, client, foundation } = setUp();
    await foundation.ensure();
    foundation.setLocalDetector({ kind: 'ranges', ranges: [cidr('10.244.0.0/16')] });
    await foundation.ensure();
    assert.equal(kernel.transactions.length, 2);
    const first = kernel.table()?.chains.get('cluster-source-4')?.[0]?.words ?? '';
    assert.match(first, /cmp neq reg 1 0af40000/);
    client.close();
  });

  it('is written anew for what is known of Pods only since it is being written', async () => {
    const { kernel, client, foundation } = setUp();
    kernel.onCommit = () => {
      kernel.onCommit = () => undefined;
      foundation.setLocalDetector({ kind: 'ranges', ranges: [cidr('10.244.0.0/16')] });
    };
    await foundation.ensure();
    await foundation.ensure();
    assert.equal(kernel.transactions.length, 2);
    const first = kernel.table()?.chains.get('cluster-source-4')?.[0]?.words ?? '';
    assert.match(first, /cmp neq reg 1 0af40000/);
    client.close();
  });
});
