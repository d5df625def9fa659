import assert from 'node:assert/strict';
import { ip } from '../../support/cluster-objects.ts';
import { changed, observedAs, realServers, frontEnd } from '../../support/rows.ts';
import {
  other,
  otherKey,
  round,
  setUpTable,
  web,
  webKey,
} from '../../support/virtual-server-table.ts';

describe('the table of a kind', () => {
  it('does in one round what a new row takes', async () => {
    const { kernel, table } = setUpTable();
    table.setDesired(webKey, web);
    assert.deepEqual(await round(table, 0), { applied: 2, failures: [] });
    assert.deepEqual(kernel.rows, new Map([[webKey, observedAs(web)]]));
    assert.equal(table.hasWork(0), false);
    assert.deepEqual(table.differing(), []);
  });

  it('asks the kernel nothing on the way', async () => {
    const { kernel, table } = setUpTable();
    table.setDesired(webKey, web);
    await round(table, 0);
    assert.equal(kernel.lists, 0);
    assert.deepEqual(kernel.reads, []);
  });

  it('does nothing for a row that is set again and does not differ', async () => {
    const { log, table } = setUpTable();
    table.setDesired(webKey, web);
    await round(table, 0);
    log.length = 0;
    table.setDesired(webKey, frontEnd({ realServers: realServers('10.244.1.1') }));
    assert.deepEqual(await round(table, 0), { applied: 0, failures: [] });
    assert.deepEqual(log, []);
  });

  it('does nothing for a row that came and went between two rounds', async () => {
    const { log, table } = setUpTable();
    table.setDesired(webKey, web);
    table.setDesired(webKey, undefined);
    assert.deepEqual(await round(table, 0), { applied: 0, failures: [] });
    assert.deepEqual(log, []);
    assert.equal(table.hasWork(0), false);
  });

  it('looks at the dirty rows alone', async () => {
    const { log, kernel, table } = setUpTable();
    table.setDesired(webKey, web);
    table.setDesired(otherKey, other);
    await round(table, 0);
    kernel.rows.clear();
    log.length = 0;
    table.setDesired(otherKey, changed(other, { realServers: realServers('10.244.1.9') }));
    await round(table, 0);
    assert.deepEqual(log, [`add real server 10.244.1.9:8080 to ${otherKey}`]);
  });

  it('tells which rows differ', async () => {
    const { kernel, table } = setUpTable();
    const leftOver = frontEnd({ address: ip('10.96.0.3') });
    kernel.rows.set('TCP 10.96.0.3:80', observedAs(leftOver));
    kernel.rows.set(otherKey, observedAs(other));
    await table.relist();
    table.setDesired(webKey, web);
    table.setDesired(otherKey, other);
    assert.deepEqual([...table.differing()].toSorted(), [webKey, 'TCP 10.96.0.3:80']);
  });

  it('keeps a row that is set during a step for the next round', async () => {
    for (const step of ['applyAdditions', 'applyRemovals'] as const) {
      const { kernel, table } = setUpTable();
      table.setDesired(webKey, web);
      if (step === 'applyRemovals') {
        await round(table, 0);
        table.setDesired(webKey, changed(web, { realServers: new Map() }));
      }
      const held = Promise.withResolvers<undefined>();
      kernel.gate = held.promise;
      const running = round(table, 0);
      // The second round has nothing to add; it is held up in the removals.
      await new Promise(setImmediate);
      const next = changed(web, { scheduler: 'lc' });
      table.setDesired(webKey, next);
      held.resolve(undefined);
      await running;
      await round(table, 0);
      assert.deepEqual(kernel.rows.get(webKey), observedAs(next), step);
      assert.equal(table.hasWork(0), false);
    }
  });
});

describe('a table that is read anew', () => {
  it('repairs what drifted', async () => {
    const { log, kernel, table } = setUpTable();
    table.setDesired(webKey, web);
    table.setDesired(otherKey, other);
    await round(table, 0);
    kernel.rows.delete(otherKey);
    kernel.rows.set(webKey, observedAs(changed(web, { scheduler: 'wlc' })));
    log.length = 0;
    await table.relist();
    await round(table, 0);
    assert.deepEqual(log.toSorted(), [
      `add virtual server ${otherKey} (scheduler rr)`,
      `change virtual server ${webKey} (scheduler rr)`,
    ]);
    assert.deepEqual(table.differing(), []);
  });

  it('does nothing where nothing differs', async () => {
    const { log, table } = setUpTable();
    table.setDesired(webKey, web);
    await round(table, 0);
    log.length = 0;
    await table.relist();
    assert.equal((await round(table, 0)).applied, 0);
    assert.deepEqual(log, []);
  });

  it('does not ask once more about objects whose outcome was not known', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'answer lost' });
    table.setDesired(webKey, frontEnd());
    await round(table, 0);
    await table.relist();
    await round(table, 100);
    assert.deepEqual(kernel.reads, []);
    assert.equal(table.nextDueAtMs(), undefined);
  });

  it('keeps what it knew when the read fails', async () => {
    const { log, kernel, table } = setUpTable();
    table.setDesired(webKey, web);
    await round(table, 0);
    kernel.listErrors.push(new Error('no answer'));
    await assert.rejects(table.relist(), /no answer/);
    log.length = 0;
    table.setDesired(webKey, changed(web, { scheduler: 'lc' }));
    await round(table, 0);
    assert.deepEqual(log, [`change virtual server ${webKey} (scheduler lc)`]);
  });
});

describe('a table that may not remove anything yet', () => {
  it('does not wait for rows that are as desired', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'refused', code: 'ENOMEM' });
    table.setDesired(webKey, web);
    await table.applyAdditions(0);
    table.deferRemovals(0);
    assert.equal(table.nextDueAtMs(), 100);
    await table.reread(100);
    await table.applyAdditions(100);
    table.deferRemovals(100);
    assert.equal(table.nextDueAtMs(), undefined);
    assert.equal(table.hasWork(100), false);
  });

  it('removes later what it had to keep', async () => {
    const { kernel, table } = setUpTable();
    kernel.rows.set(webKey, observedAs(web));
    await table.relist();
    await table.applyAdditions(0);
    table.deferRemovals(0);
    assert.equal(kernel.rows.size, 1);
    await round(table, 0);
    assert.equal(kernel.rows.size, 0);
  });
});
