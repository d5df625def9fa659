import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NftClient } from '../../../../../src/kernel/nf-tables/client.ts';
import { tableMessage } from '../../../../../src/kernel/nf-tables/write-ruleset.ts';
import type { Ownership } from '../../../../../src/kernel/packet-filter/nftables/foundation.ts';
import { TableWatch } from '../../../../../src/kernel/packet-filter/nftables/table-watch.ts';
import { FakeNfTables } from '../../../../support/fake-kernel/nf-tables.ts';

function setUp(ownership: Ownership = 'open to all') {
  const node = { generation: 7, committed: 2, rules: true, ownership };
  const looks: string[] = [];
  const told: string[] = [];
  const faults: Error[] = [];
  const ruleFaults: Error[] = [];
  const watch = new TableWatch(
    {
      transactionsSoFar: () => {
        looks.push('generation');
        const fault = faults.shift();
        return fault === undefined
          ? Promise.resolve({ all: node.generation, own: node.committed })
          : Promise.reject(fault);
      },
    },
    {
      get ownership() {
        return node.ownership;
      },
      areRulesAsWritten: () => {
        looks.push('rules');
        const fault = ruleFaults.shift();
        return fault === undefined ? Promise.resolve(node.rules) : Promise.reject(fault);
      },
    },
    { gone: () => told.push('gone'), failed: (error) => told.push(error.message) },
  );
  return { node, looks, told, faults, ruleFaults, watch };
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 8; turn += 1) {
    await Promise.resolve();
  }
}

describe('a table that others can change', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('is looked at once, and then by one number as long as nobody else changes anything', async () => {
    const { node, looks, told, watch } = setUp();
    await pass(500);
    assert.deepEqual(looks, ['generation', 'rules']);
    await pass(500);
    node.generation += 3;
    node.committed += 3;
    await pass(500);
    assert.deepEqual(looks, ['generation', 'rules', 'generation', 'generation']);
    assert.deepEqual(told, []);
    watch.stop();
  });

  it('is looked at when the number says that others changed something, whatever it was', async () => {
    const { node, looks, told, watch } = setUp();
    await pass(500);
    looks.length = 0;
    node.generation += 4;
    node.committed += 3;
    await pass(500);
    assert.deepEqual(looks, ['generation', 'rules']);
    assert.deepEqual(told, []);
    await pass(500);
    assert.deepEqual(looks, ['generation', 'rules', 'generation']);
    watch.stop();
  });

  it('is told of within a second when rules are gone', async () => {
    const { node, told, watch } = setUp();
    await pass(500);
    node.generation += 1;
    node.rules = false;
    await pass(999);
    assert.deepEqual(told, ['gone']);
    watch.stop();
  });

  it('is looked at after a flush that follows a transaction of our own, under way as it was asked', async () => {
    const kernel = new FakeNfTables();
    const client = new NftClient(kernel.open);
    let looks = 0;
    const watch = new TableWatch(
      client,
      {
        ownership: 'open to all',
        areRulesAsWritten: () => {
          looks += 1;
          return Promise.resolve(true);
        },
      },
      { gone: () => assert.fail('gone'), failed: (error) => assert.fail(error.message) },
    );
    const look = async () => {
      mock.timers.tick(500);
      for (let turn = 0; turn < 8; turn += 1) {
        await nextTurn();
      }
    };
    await look();
    const underWay = client.transact([tableMessage('kube-ipvs', 0)]);
    await look();
    await underWay;
    looks = 0;
    await look();
    assert.equal(looks, 0);
    kernel.othersDo(() => kernel.table()?.chains.clear());
    await look();
    assert.equal(looks, 1);
    watch.stop();
    client.close();
  });

  it('is left alone where this process owns it, or nothing is known', async () => {
    for (const ownership of ['owned', 'unknown'] as const) {
      const { looks, watch } = setUp(ownership);
      await pass(5000);
      assert.deepEqual(looks, []);
      watch.stop();
    }
  });

  it('whose number cannot be had is told of once, and asked for on and on', async () => {
    const { node, told, faults, watch } = setUp();
    faults.push(new Error('ENOBUFS'), new Error('ENOBUFS'));
    await pass(500);
    await pass(500);
    assert.deepEqual(told, ['ENOBUFS']);
    node.rules = false;
    await pass(500);
    assert.deepEqual(told, ['ENOBUFS', 'gone']);
    watch.stop();
  });

  it('whose rules could not be read when others had changed something is looked at again', async () => {
    const { node, told, ruleFaults, watch } = setUp();
    await pass(500);
    node.generation += 1;
    node.rules = false;
    ruleFaults.push(new Error('ENOBUFS'));
    await pass(500);
    assert.deepEqual(told, ['ENOBUFS']);
    await pass(500);
    assert.deepEqual(told, ['ENOBUFS', 'gone']);
    watch.stop();
  });

  it('is not told of any more once the watch has ended', async () => {
    const { node, told, watch } = setUp();
    node.rules = false;
    mock.timers.tick(500);
    watch.stop();
    await pass(1000);
    assert.deepEqual(told, []);
  });
});
