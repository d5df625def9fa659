import assert from 'node:assert/strict';
import { NftClient } from '../../../../src/kernel/nf-tables/client.ts';
import type { TransactionOutcome } from '../../../../src/kernel/nf-tables/transaction.ts';
import {
  deleteTableMessage,
  tableMessage,
  type WriteNftMessage,
} from '../../../../src/kernel/nf-tables/write-ruleset.ts';
import { FakeNfTables } from '../../../support/fake-kernel/nf-tables.ts';

const messages = (...names: readonly string[]): readonly WriteNftMessage[] =>
  names.map((name) => tableMessage(name, 0));

function setUp() {
  const kernel = new FakeNfTables();
  return { kernel, client: new NftClient(kernel.open) };
}

/** In words: which messages are to blame for what. */
function wordsOf(outcome: TransactionOutcome): string {
  switch (outcome.kind) {
    case 'taken':
      return 'taken';
    case 'failed':
      return `failed: ${outcome.error.code}`;
    case 'refused':
      return [...outcome.failures].map(([index, { code }]) => `${index}: ${code}`).join(', ');
  }
}

describe('a transaction of nf_tables', () => {
  it('is one datagram, framed, and asks for one answer', async () => {
    const { kernel, client } = setUp();
    assert.equal(wordsOf(await client.transact(messages('a', 'b', 'c'))), 'taken');
    const [datagram = [], ...others] = kernel.sockets.datagrams;
    assert.equal(others.length, 0);
    assert.deepEqual(
      datagram.map(({ type }) => type),
      // NFNL_MSG_BATCH_BEGIN, three times NFT_MSG_NEWTABLE, NFNL_MSG_BATCH_END
      [0x10, 0xa00, 0xa00, 0xa00, 0x11],
    );
    // NLM_F_ACK
    assert.deepEqual(
      datagram.map(({ flags }) => (flags & 4) !== 0),
      [false, false, false, true, false],
    );
    // The frame says of which subsystem its messages are, in network order.
    for (const place of [0, 4]) {
      assert.equal(datagram[place]?.payload.toString('hex'), '0000000a');
    }
    const first = datagram[0]?.sequence ?? 0;
    assert.deepEqual(
      datagram.map(({ sequence }) => sequence - first),
      [0, 1, 2, 3, 4],
    );
    client.close();
  });

  it('takes effect as a whole', async () => {
    const { kernel, client } = setUp();
    await client.transact(messages('a', 'b'));
    assert.deepEqual([...kernel.tables.keys()], ['a', 'b']);
    assert.equal((await client.transactionsSoFar()).own, 1);
    client.close();
  });

  it('or not at all, and tells every message that is to blame', async () => {
    const { kernel, client } = setUp();
    kernel.refuses = (words) =>
      words === 'table b' ? 'EEXIST' : words === 'table d' ? 'ENOMEM' : undefined;
    const outcome = await client.transact(messages('a', 'b', 'c', 'd'));
    assert.equal(wordsOf(outcome), '1: EEXIST, 3: ENOMEM');
    assert.equal(kernel.tables.size, 0);
    assert.equal((await client.transactionsSoFar()).own, 0);
    client.close();
  });

  it('is taken where another message than the last one asked for nothing', async () => {
    const { kernel, client } = setUp();
    kernel.refuses = (words) => (words === 'table a' ? 'EBUSY' : undefined);
    assert.equal(wordsOf(await client.transact(messages('a', 'b'))), '0: EBUSY');
    kernel.refuses = () => undefined;
    assert.equal(wordsOf(await client.transact(messages('a', 'b'))), 'taken');
    client.close();
  });

  it('fails as a whole where the frame does, for want of the right for instance', async () => {
    const { kernel, client } = setUp();
    kernel.refusesAll = 'EPERM';
    assert.equal(wordsOf(await client.transact(messages('a', 'b'))), 'failed: EPERM');
    client.close();
  });

  it('of the mode check changes nothing, and says what would have been', async () => {
    const { kernel, client } = setUp();
    assert.equal(wordsOf(await client.transact(messages('a'), 'check')), 'taken');
    kernel.refuses = (words) => (words === 'table b' ? 'EOPNOTSUPP' : undefined);
    // Node's name for it.
    assert.equal(wordsOf(await client.transact(messages('a', 'b'), 'check')), '1: ENOTSUP');
    assert.equal(kernel.tables.size, 0);
    assert.equal(kernel.generation, 1);
    assert.equal((await client.transactionsSoFar()).own, 0);
    assert.deepEqual(
      kernel.sockets.datagrams[0]?.map(({ type }) => type),
      [0x10, 0xa00],
    );
    client.close();
  });

  it('has an outcome that is not known where answers were lost, and the next one is as ever', async () => {
    const { kernel, client } = setUp();
    kernel.answers.push('overrun');
    assert.equal(wordsOf(await client.transact(messages('a'))), 'failed: ENOBUFS');
    assert.deepEqual([...kernel.tables.keys()], ['a'], 'though the kernel took it');
    assert.equal(wordsOf(await client.transact([deleteTableMessage('a')])), 'taken');
    assert.equal(kernel.tables.size, 0);
    // Nothing that is late can be taken for the answer to another one.
    assert.equal(kernel.sockets.opened, 2);
    client.close();
  });

  it('fails where a message cannot be written, and the next one is as ever', async () => {
    const { kernel, client } = setUp();
    const tooLong: WriteNftMessage = (writer, sequence) => {
      tableMessage('a', 0)(writer, sequence);
      writer.beginNested(1);
      writer.attributeBytes(1, new Uint8Array(0x1_0000));
      writer.endNested();
    };
    assert.equal(wordsOf(await client.transact([tooLong])), 'failed: EMSGSIZE');
    assert.deepEqual(kernel.sockets.datagrams, []);
    assert.equal(wordsOf(await client.transact(messages('b'))), 'taken');
    client.close();
  });

  it('waits for the one before it', async () => {
    const { kernel, client } = setUp();
    kernel.refuses = (words) => (words === 'table a' ? 'EBUSY' : undefined);
    const outcomes = await Promise.all([
      client.transact(messages('a')),
      client.transact(messages('b')),
      client.transact([deleteTableMessage('b')]),
    ]);
    assert.deepEqual(outcomes.map(wordsOf), ['0: EBUSY', 'taken', 'taken']);
    assert.deepEqual(kernel.transactions, [['table a'], ['table b'], ['delete table b']]);
    client.close();
  });

  it('fails when the client is closed', async () => {
    const { kernel, client } = setUp();
    kernel.answers.push('lost');
    const outcome = client.transact(messages('a'));
    setImmediate(() => {
      client.close();
    });
    assert.equal(wordsOf(await outcome), 'failed: ECANCELED');
  });
});
