import assert from 'node:assert/strict';
import { NftClient } from '../../../../../src/kernel/nf-tables/client.ts';
import type { NftElement } from '../../../../../src/kernel/nf-tables/element.ts';
import {
  rulesetMessages,
  tableMessage,
} from '../../../../../src/kernel/nf-tables/write-ruleset.ts';
import {
  executeRows,
  type ElementRow,
} from '../../../../../src/kernel/packet-filter/nftables/execute-rows.ts';
import { rulesetOf, tableName } from '../../../../../src/kernel/packet-filter/nftables/rules.ts';
import { FakeNfTables } from '../../../../support/fake-kernel/nf-tables.ts';

async function setUp(mostErrors?: number) {
  const kernel = new FakeNfTables();
  kernel.sockets.mostErrors = mostErrors;
  const client = new NftClient(kernel.open);
  const ruleset = rulesetOf(['IPv4'], { local: { kind: 'none' }, masqueradeAll: false });
  await client.transact([tableMessage(tableName, 0), ...rulesetMessages(ruleset)]);
  kernel.transactions.length = 0;
  kernel.sockets.sizes.length = 0;
  const target = { client, table: tableName, head: tableMessage(tableName, 0) };
  const execute = async (rows: readonly ElementRow[]) => {
    const outcomes = await executeRows(target, rows);
    return outcomes.map((error) => error?.code);
  };
  return { kernel, client, execute };
}

/** `10.96.0.1` as number 1 and so on, in hexadecimal digits. */
function vipHex(number: number): string {
  return (0x0a_60_00_00 + number).toString(16).padStart(8, '0');
}

function vip(number: number): NftElement {
  return { set: 'vips-4', key: Buffer.from(vipHex(number), 'hex') };
}

function adding(...elements: readonly NftElement[]): ElementRow {
  return { remove: [], add: elements };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => adding(vip(index + 1)));

/** The numbers of those that failed, with why. */
function failing(codes: readonly (string | undefined)[]): readonly string[] {
  return codes.flatMap((code, index) => (code === undefined ? [] : [`${index}: ${code}`]));
}

describe('carrying out rows', () => {
  it('takes one transaction, with one message for each set, where they are few', async () => {
    const { kernel, client, execute } = await setUp();
    assert.deepEqual(failing(await execute(many(3))), []);
    assert.deepEqual(kernel.transactions, [
      ['table kube-ipvs', 'add vips-4 0a600001, 0a600002, 0a600003'],
    ]);
    client.close();
  });

  it('takes nothing where there are none', async () => {
    const { kernel, client, execute } = await setUp();
    assert.deepEqual(await execute([]), []);
    assert.deepEqual(kernel.transactions, []);
    client.close();
  });

  it('takes nothing for rows that change nothing, and one transaction for the others', async () => {
    const { kernel, client, execute } = await setUp();
    assert.deepEqual(await execute([adding(), adding()]), [undefined, undefined]);
    assert.deepEqual(kernel.transactions, []);
    assert.deepEqual(await execute([adding(), adding(vip(1))]), [undefined, undefined]);
    assert.equal(kernel.transactions.length, 1);
    client.close();
  });

  it('takes as few datagrams as the length of attributes allows, for thousands', async () => {
    const { kernel, client, execute } = await setUp();
    const count = 10_000;
    assert.deepEqual(failing(await execute(many(count))), []);
    assert.equal(kernel.elements('vips-4').length, count);
    // 20 bytes each; an attribute has 64 KiB at the most.
    assert.ok(kernel.transactions.length >= (count * 20) / 65_535);
    assert.ok(kernel.transactions.length <= 10, `${kernel.transactions.length} transactions`);
    for (const size of kernel.sockets.sizes) {
      assert.ok(size < 65_536);
    }
    client.close();
  });

  it('takes several messages and one transaction for a row that is longer than one message may be', async () => {
    const { kernel, client, execute } = await setUp();
    const all = Array.from({ length: 5000 }, (_, index) => vip(index + 1));
    assert.deepEqual(await execute([adding(...all)]), [undefined]);
    assert.equal(kernel.elements('vips-4').length, 5000);
    assert.equal(kernel.transactions.length, 1);
    assert.deepEqual(await execute([{ remove: all, add: [] }]), [undefined]);
    assert.deepEqual(kernel.elements('vips-4'), []);
    assert.equal(kernel.transactions.length, 2);
    client.close();
  });

  it('lets one bad row among thousands fail alone', async () => {
    const { kernel, client, execute } = await setUp();
    const bad = 4321;
    kernel.refuses = (words) => (words.includes(vipHex(bad + 1)) ? 'EINVAL' : undefined);
    assert.deepEqual(failing(await execute(many(6000))), [`${bad}: EINVAL`]);
    assert.equal(kernel.elements('vips-4').length, 5999);
    client.close();
  });

  it('finds several by halves first and then all at once', async () => {
    const { kernel, client, execute } = await setUp();
    const bad = [0, 7, 8, 150, 399];
    kernel.refuses = (words) =>
      bad.some((index) => words.includes(vipHex(index + 1))) ? 'ENOSPC' : undefined;
    const outcomes = await execute(many(400));
    assert.deepEqual(
      failing(outcomes),
      bad.map((index) => `${index}: ENOSPC`),
    );
    assert.equal(kernel.elements('vips-4').length, 395);
    // The whole; both halves; four quarters, each of which is tried singly, and again without those.
    assert.ok(kernel.transactions.length <= 1 + 2 + 4 * 3, `${kernel.transactions.length}`);
    client.close();
  });

  it('asks for no more errors at a time than the receive buffer holds, however many messages a row has', async () => {
    const mostErrors = 40;
    const { kernel, client, execute } = await setUp(mostErrors);
    const frontEnd = (number: number, chain: string): readonly NftElement[] =>
      ['front-ends-4', 'sources-4'].map((set) => ({
        set,
        key: Buffer.from(`${vipHex(number)}0600000000500000`, 'hex'),
        verdict: { kind: 'goto', chain },
      }));
    const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
    await execute(numbers.map((number) => adding(...frontEnd(number, 'refused-4'))));
    kernel.transactions.length = 0;
    kernel.refuses = (words) => (words.includes(vipHex(17)) ? 'ENOMEM' : undefined);
    const outcomes = await execute(
      numbers.map((number) => ({
        remove: frontEnd(number, 'refused-4'),
        add: frontEnd(number, 'guard-4'),
      })),
    );
    assert.deepEqual(failing(outcomes), ['16: ENOMEM']);
    const lengths = kernel.transactions.map(({ length }) => length);
    assert.ok(Math.max(...lengths) <= mostErrors, lengths.join());
    client.close();
  });

  it('tells each its own reason', async () => {
    const { kernel, client, execute } = await setUp();
    kernel.refuses = (words) =>
      words.includes(vipHex(1)) ? 'EEXIST' : words.includes(vipHex(3)) ? 'ENOMEM' : undefined;
    assert.deepEqual(await execute(many(3)), ['EEXIST', undefined, 'ENOMEM']);
    assert.deepEqual(kernel.elements('vips-4'), [vipHex(2)]);
    client.close();
  });

  it('lets all fail where the table is not there, or another process owns it', async () => {
    const { kernel, client, execute } = await setUp();
    kernel.refuses = (words) => (words === 'table kube-ipvs' ? 'EPERM' : undefined);
    assert.deepEqual(await execute(many(3)), ['EPERM', 'EPERM', 'EPERM']);
    assert.equal(kernel.transactions.length, 1);
    client.close();
  });

  it('lets all fail where the transaction does as a whole', async () => {
    const { kernel, client, execute } = await setUp();
    kernel.refusesAll = 'EPERM';
    assert.deepEqual(await execute(many(2)), ['EPERM', 'EPERM']);
    assert.equal(kernel.transactions.length, 1);
    client.close();
  });

  it('lets those fail whose answer was lost, and no others', async () => {
    const { kernel, client, execute } = await setUp();
    kernel.answers.push('overrun');
    const outcomes = await execute(many(6000));
    const lost = outcomes.filter((code) => code === 'ENOBUFS').length;
    assert.ok(lost > 0 && lost < 6000);
    assert.equal(
      outcomes.findIndex((code) => code === undefined),
      lost,
    );
    assert.equal(new Set(outcomes).size, 2);
    client.close();
  });

  it('deletes before it adds, so that a verdict changes in one transaction', async () => {
    const { kernel, client, execute } = await setUp();
    const key = Buffer.from('0a6000010600000000500000', 'hex');
    const element = (chain: string): NftElement => ({
      set: 'front-ends-4',
      key,
      verdict: { kind: 'goto', chain },
    });
    await execute([adding(element('guard-4'))]);
    kernel.transactions.length = 0;
    const row = { remove: [element('guard-4')], add: [element('refused-4')] };
    assert.deepEqual(await execute([row, adding(vip(1))]), [undefined, undefined]);
    assert.deepEqual(kernel.transactions, [
      [
        'table kube-ipvs',
        'delete front-ends-4 0a6000010600000000500000',
        'add front-ends-4 0a6000010600000000500000 : goto refused-4',
        'add vips-4 0a600001',
      ],
    ]);
    client.close();
  });

  it('keeps what a row had where a part of the row is refused', async () => {
    const { kernel, client, execute } = await setUp();
    await execute([adding(vip(1))]);
    kernel.refuses = (words) =>
      words.startsWith(`add vips-4 ${vipHex(2)}`) ? 'ENOMEM' : undefined;
    assert.deepEqual(await execute([{ remove: [vip(1)], add: [vip(2)] }, adding(vip(3))]), [
      'ENOMEM',
      undefined,
    ]);
    assert.deepEqual(kernel.elements('vips-4'), [vipHex(1), vipHex(3)]);
    client.close();
  });
});
