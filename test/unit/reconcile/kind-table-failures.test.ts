import assert from 'node:assert/strict';
import { changed, observedAs, realServers, frontEnd } from '../../support/rows.ts';
import {
  other,
  otherKey,
  round,
  setUpTable,
  web,
  webKey,
} from '../../support/virtual-server-table.ts';

describe('a change that the kernel refuses', () => {
  it('is a failure that names kind, key and error', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'refused', code: 'ENOENT' });
    table.setDesired(webKey, web);
    const { failures } = await round(table, 0);
    assert.deepEqual(
      failures.map(({ kind, key, error }) => ({ kind, key, error: error.message })),
      [
        {
          kind: 'virtual server',
          key: webKey,
          error: `ENOENT: add virtual server ${webKey} (scheduler rr)`,
        },
      ],
    );
  });

  it('does not delay the other rows', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'refused', code: 'ENOENT' });
    table.setDesired(webKey, web);
    table.setDesired(otherKey, other);
    const { failures } = await round(table, 0);
    assert.equal(failures.length, 1);
    assert.deepEqual(kernel.rows.get(otherKey), observedAs(other));
    assert.deepEqual(table.differing(), [webKey]);
  });

  it('is tried again after a wait that doubles', async () => {
    const { log, kernel, table } = setUpTable();
    const refused = { kind: 'refused', code: 'ENOMEM' } as const;
    table.setDesired(webKey, frontEnd());
    kernel.addFaults(webKey, refused, refused, refused, refused, refused, refused);
    const triedAt: number[] = [];
    for (let nowMs = 0; nowMs <= 5000; nowMs += 50) {
      const before = log.length;
      await round(table, nowMs);
      if (log.length > before) {
        triedAt.push(nowMs);
      }
    }
    assert.deepEqual(triedAt, [0, 100, 300, 700, 1500, 2500, 3500]);
    assert.deepEqual(kernel.rows.get(webKey), observedAs(frontEnd()));
    assert.equal(table.nextDueAtMs(), undefined);
  });

  it('has no work before it is due, and says when that is', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'refused', code: 'ENOMEM' });
    table.setDesired(webKey, web);
    await round(table, 1000);
    assert.equal(table.hasWork(1099), false);
    assert.equal(table.nextDueAtMs(), 1100);
    assert.equal(table.hasWork(1100), true);
  });

  it('starts with the shortest wait again after a success', async () => {
    const { kernel, table } = setUpTable();
    const refused = { kind: 'refused', code: 'ENOMEM' } as const;
    kernel.addFaults(webKey, refused, refused);
    table.setDesired(webKey, frontEnd());
    await round(table, 0);
    await round(table, 100);
    await round(table, 300);
    kernel.addFaults(webKey, refused);
    table.setDesired(webKey, frontEnd({ scheduler: 'lc' }));
    await round(table, 1000);
    assert.equal(table.nextDueAtMs(), 1100);
  });

  it('is tried at once when another row is desired', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'refused', code: 'ENOENT' });
    table.setDesired(webKey, changed(web, { scheduler: 'mh' }));
    await round(table, 0);
    table.setDesired(webKey, web);
    assert.equal(table.hasWork(1), true);
    await round(table, 1);
    assert.deepEqual(kernel.rows.get(webKey), observedAs(web));
  });

  it('makes one failure of an object, however many of its changes fail', async () => {
    const { kernel, table } = setUpTable();
    const refused = { kind: 'refused', code: 'ENOMEM' } as const;
    kernel.addFaults(webKey, refused, refused);
    table.setDesired(webKey, web);
    assert.equal((await round(table, 0)).failures.length, 1);
    assert.equal(table.nextDueAtMs(), 100);
  });

  it('lets the other changes of its object count: the rest alone is done again', async () => {
    const { log, kernel, table } = setUpTable();
    const three = changed(web, {
      realServers: realServers('10.244.1.1', '10.244.1.2', '10.244.1.3'),
    });
    table.setDesired(webKey, frontEnd());
    await round(table, 0);
    kernel.addFaults(webKey, { kind: 'refused', code: 'ENOMEM' });
    table.setDesired(webKey, three);
    assert.equal((await round(table, 0)).applied, 2);
    log.length = 0;
    await round(table, 100);
    assert.deepEqual(log, [`add real server 10.244.1.1:8080 to ${webKey}`]);
  });

  it('and is a removal is tried again, too', async () => {
    const { kernel, table } = setUpTable();
    table.setDesired(webKey, web);
    await round(table, 0);
    kernel.addFaults(webKey, { kind: 'refused', code: 'EBUSY' });
    table.setDesired(webKey, undefined);
    assert.equal((await round(table, 0)).failures.length, 1);
    await round(table, 100);
    assert.equal(kernel.rows.size, 0);
    assert.equal(table.hasWork(1000), false);
  });

  it('because somebody else has made the object already ends in taking that over', async () => {
    const { kernel, table } = setUpTable();
    await table.relist();
    kernel.rows.set(webKey, observedAs(changed(web, { scheduler: 'wlc' }), { owned: false }));
    kernel.addFaults(webKey, { kind: 'refused', code: 'EEXIST' });
    table.setDesired(webKey, web);
    assert.equal((await round(table, 0)).failures.length, 1);
    await round(table, 100);
    assert.deepEqual(kernel.rows.get(webKey), observedAs(web));
  });
});

describe('a change whose outcome is not known', () => {
  it('makes the object be read afresh, and no other', async () => {
    const { log, kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'answer lost' });
    table.setDesired(webKey, frontEnd());
    table.setDesired(otherKey, other);
    await round(table, 0);
    log.length = 0;
    await round(table, 100);
    assert.deepEqual(kernel.reads, [webKey]);
    assert.deepEqual(log, []);
    assert.deepEqual(table.differing(), []);
  });

  it('is found out even where nobody desires the object any more', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'answer lost' });
    table.setDesired(webKey, frontEnd());
    await round(table, 0);
    assert.equal(kernel.rows.size, 1);
    table.setDesired(webKey, undefined);
    await round(table, 1);
    assert.equal(kernel.rows.size, 0);
  });

  it('is found out even where the object is dropped while the answer is awaited', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'answer lost' });
    table.setDesired(webKey, frontEnd());
    const held = Promise.withResolvers<undefined>();
    kernel.gate = held.promise;
    const running = round(table, 0);
    table.setDesired(webKey, undefined);
    held.resolve(undefined);
    await running;
    await round(table, 100);
    assert.equal(kernel.rows.size, 0);
  });

  it('waits longer where that read fails, too', async () => {
    const { kernel, table } = setUpTable();
    kernel.addFaults(webKey, { kind: 'answer lost' });
    table.setDesired(webKey, frontEnd());
    await round(table, 0);
    kernel.readErrors.push(new Error('no answer'));
    const { failures } = await round(table, 100);
    assert.deepEqual(
      failures.map(({ key, error }) => [key, error.message]),
      [[webKey, 'no answer']],
    );
    assert.equal(table.nextDueAtMs(), 300);
    await round(table, 300);
    assert.deepEqual(table.differing(), []);
    assert.equal(table.nextDueAtMs(), undefined);
  });
});

describe('a batch that fails as a whole', () => {
  it('is a failure of each of its objects, and none is lost', async () => {
    const { kernel, table } = setUpTable();
    kernel.applyErrors.push(new Error('the socket is closed'));
    table.setDesired(webKey, web);
    table.setDesired(otherKey, other);
    const { applied, failures } = await round(table, 0);
    assert.equal(applied, 0);
    assert.deepEqual(
      failures.map(({ key }) => key),
      [webKey, otherKey],
    );
    await round(table, 100);
    assert.deepEqual([...kernel.rows.keys()], [webKey, otherKey]);
    assert.deepEqual(table.differing(), []);
  });

  it('need not throw an Error', async () => {
    const { kernel, table } = setUpTable();
    // As a library may do it.
    kernel.applyErrors.push('text' as unknown as Error);
    table.setDesired(webKey, web);
    const { failures } = await round(table, 0);
    assert.equal(failures[0]?.error.message, 'text');
  });
});
