import assert from 'node:assert/strict';
import { BackOff } from '../../../src/reconcile/back-off.ts';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import { ip } from '../../support/cluster-objects.ts';
import { fakeBoundAddresses, fakeVirtualServers } from '../../support/fake-kind.ts';
import { observedAs, realServers, virtualServer } from '../../support/rows.ts';

const web = virtualServer({ realServers: realServers('10.244.1.1') });
const key = 'TCP 10.96.0.1:80';
const address = ip('10.96.0.1');

function setUp() {
  const log: string[] = [];
  const virtualServers = fakeVirtualServers(log);
  const addresses = fakeBoundAddresses(log);
  const backOff = { firstMs: 100, longestMs: 1000 };
  const virtualServerTable = new KindTable(virtualServers, new BackOff(backOff));
  const addressTable = new KindTable(addresses, new BackOff(backOff));
  const clock = { nowMs: 0 };
  const ended: string[] = [];
  const reconciler = new Reconciler(
    [virtualServerTable, addressTable],
    () => clock.nowMs,
    [],
    () => ended.push(log.at(-1) ?? 'nothing'),
  );
  const desire = (row: typeof web | undefined) => {
    virtualServerTable.setDesired(key, row);
    addressTable.setDesired(address.text, row && address);
  };
  return {
    log,
    ended,
    clock,
    virtualServers,
    addresses,
    virtualServerTable,
    addressTable,
    reconciler,
    desire,
  };
}

describe('a round', () => {
  it('adds virtual server, real servers, and the address last', async () => {
    const { log, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    desire(web);
    const written = ['virtual server', 'bound address'];
    const report = { applied: 3, failures: [], written, drifted: [] };
    assert.deepEqual(await reconciler.round(), report);
    assert.deepEqual(log, [
      `add virtual server ${key} (scheduler rr)`,
      `add real server 10.244.1.1:8080 to ${key}`,
      'bind 10.96.0.1',
    ]);
  });

  it('has ended when its last table is done, of additions and of removals', async () => {
    const { ended, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    desire(undefined);
    await reconciler.round();
    assert.deepEqual(ended, ['bind 10.96.0.1', `delete virtual server ${key}`]);
  });

  it('removes the address first, and the virtual server after it', async () => {
    const { log, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    log.length = 0;
    desire(undefined);
    await reconciler.round();
    assert.deepEqual(log, ['unbind 10.96.0.1', `delete virtual server ${key}`]);
  });

  it('does all additions of all tables before the first removal', async () => {
    const { log, reconciler, desire, virtualServerTable, addressTable } = setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    log.length = 0;
    desire(undefined);
    const successor = virtualServer({ address: ip('10.96.0.2') });
    virtualServerTable.setDesired('TCP 10.96.0.2:80', successor);
    addressTable.setDesired('10.96.0.2', successor.address);
    await reconciler.round();
    assert.deepEqual(log, [
      'add virtual server TCP 10.96.0.2:80 (scheduler rr)',
      'bind 10.96.0.2',
      'unbind 10.96.0.1',
      `delete virtual server ${key}`,
    ]);
  });

  it('replaces a real server by adding the new one first', async () => {
    const { log, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    log.length = 0;
    desire({ ...web, realServers: realServers('10.244.1.2') });
    await reconciler.round();
    assert.deepEqual(log, [
      `add real server 10.244.1.2:8080 to ${key}`,
      `change real server 10.244.1.1:8080 of ${key} (weight 0)`,
    ]);
  });

  it('looks at what drains when it is told to, and removes it when that is over', async () => {
    const { log, virtualServers, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    assert.equal(reconciler.hasRestless(), false);
    desire({ ...web, realServers: realServers('10.244.1.2') });
    await reconciler.round();
    assert.equal(reconciler.hasRestless(), true);
    assert.equal(reconciler.hasWork(), false);
    log.length = 0;
    await reconciler.reviewRestless();
    assert.equal(reconciler.hasWork(), true);
    await reconciler.round();
    assert.deepEqual(virtualServers.reads, [key]);
    assert.deepEqual(log, [`delete real server 10.244.1.1:8080 from ${key}`]);
    assert.equal(reconciler.hasRestless(), false);
    assert.equal(reconciler.hasWork(), false);
  });

  it('asks again in the round where it could not look at what drains', async () => {
    const { log, virtualServers, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    desire({ ...web, realServers: realServers('10.244.1.2') });
    await reconciler.round();
    log.length = 0;
    virtualServers.readErrors.push(new Error('no answer'));
    await reconciler.reviewRestless();
    assert.equal(reconciler.hasWork(), true);
    const { failures } = await reconciler.round();
    assert.deepEqual(failures, []);
    assert.deepEqual(log, [`delete real server 10.244.1.1:8080 from ${key}`]);
  });

  it('goes on with the other tables when one fails', async () => {
    const { virtualServers, addresses, reconciler, desire } = setUp();
    virtualServers.applyErrors.push(new Error('the socket is closed'));
    desire(web);
    const { applied, failures } = await reconciler.round();
    assert.equal(applied, 1);
    assert.deepEqual(
      failures.map((failure) => `${failure.kind} ${failure.key}: ${failure.error.message}`),
      [`virtual server ${key}: the socket is closed`],
    );
    assert.deepEqual([...addresses.rows.keys()], ['10.96.0.1']);
  });

  it('tries a failed object again when it is due, by the clock that was given', async () => {
    const { clock, virtualServers, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    virtualServers.addFaults(key, { kind: 'refused', code: 'ENOMEM' });
    desire(virtualServer());
    clock.nowMs = 5000;
    assert.equal((await reconciler.round()).failures.length, 1);
    assert.equal(reconciler.nextDueAtMs(), 5100);
    assert.equal(reconciler.hasWork(), false);
    clock.nowMs = 5099;
    assert.equal((await reconciler.round()).applied, 0);
    clock.nowMs = 5100;
    assert.equal(reconciler.hasWork(), true);
    assert.equal((await reconciler.round()).applied, 1);
    assert.equal(reconciler.nextDueAtMs(), undefined);
    assert.deepEqual(reconciler.differing(), []);
  });

  it('says when the first of several failed objects is due', async () => {
    const { clock, virtualServers, addresses, reconciler, desire, addressTable } = setUp();
    virtualServers.addFaults(key, { kind: 'refused', code: 'ENOMEM' });
    desire(virtualServer());
    await reconciler.round();
    clock.nowMs = 50;
    addresses.addFaults('10.96.0.2', { kind: 'refused', code: 'ENOMEM' });
    addressTable.setDesired('10.96.0.2', ip('10.96.0.2'));
    await reconciler.round();
    assert.equal(reconciler.nextDueAtMs(), 100);
    clock.nowMs = 100;
    await reconciler.round();
    assert.equal(reconciler.nextDueAtMs(), 150);
  });

  it('tells what differs, by kind and key', () => {
    const { reconciler, desire } = setUp();
    desire(web);
    assert.deepEqual(reconciler.differing(), [`virtual server ${key}`, 'bound address 10.96.0.1']);
  });
});

describe('before removals are allowed', () => {
  it('what is missing is added and what is ours but not desired stays', async () => {
    const { log, virtualServers, addresses, reconciler, desire } = setUp();
    const leftOver = virtualServer({ address: ip('10.96.0.9') });
    virtualServers.rows.set('TCP 10.96.0.9:80', observedAs(leftOver));
    virtualServers.rows.set(
      key,
      observedAs({ ...web, realServers: realServers('10.244.1.1', '10.244.1.2') }),
    );
    addresses.rows.set('10.96.0.9', { address: ip('10.96.0.9'), owned: true, settled: true });
    desire({ ...web, scheduler: 'lc' });
    await reconciler.audit();
    await reconciler.round();
    assert.deepEqual(log, [`change virtual server ${key} (scheduler lc)`, 'bind 10.96.0.1']);
    assert.equal(reconciler.hasWork(), false);
    reconciler.allowRemovals();
    assert.equal(reconciler.hasWork(), true);
    log.length = 0;
    await reconciler.round();
    assert.deepEqual(log.toSorted(), [
      `change real server 10.244.1.2:8080 of ${key} (weight 0)`,
      'delete virtual server TCP 10.96.0.9:80',
      'unbind 10.96.0.9',
    ]);
    assert.equal(reconciler.hasWork(), false);
  });

  it('an object that failed and succeeded later waits for nothing', async () => {
    const { clock, virtualServers, reconciler, desire } = setUp();
    virtualServers.addFaults(key, { kind: 'refused', code: 'ENOMEM' });
    desire(virtualServer());
    await reconciler.round();
    clock.nowMs = 100;
    await reconciler.round();
    assert.equal(virtualServers.rows.size, 1);
    assert.equal(reconciler.nextDueAtMs(), undefined);
  });

  it('an object that failed and has a removal left waits for nothing, either', async () => {
    const { clock, virtualServers, reconciler, desire } = setUp();
    virtualServers.rows.set(key, observedAs(web));
    virtualServers.addFaults(key, { kind: 'refused', code: 'ENOMEM' });
    desire({ ...web, realServers: realServers('10.244.1.2') });
    await reconciler.audit();
    clock.nowMs = 100;
    await reconciler.round();
    assert.deepEqual(
      [...(virtualServers.rows.get(key)?.realServers.keys() ?? [])],
      ['10.244.1.1:8080', '10.244.1.2:8080'],
    );
    assert.equal(reconciler.nextDueAtMs(), undefined);
  });
});

describe('an audit', () => {
  it('repairs drift of every kind', async () => {
    const { virtualServers, addresses, reconciler, desire } = setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    virtualServers.rows.set(key, observedAs({ ...web, realServers: realServers('10.244.9.9') }));
    addresses.rows.clear();
    const { drifted, ...repair } = await reconciler.audit();
    assert.deepEqual(drifted, [`virtual server ${key}`, 'bound address 10.96.0.1']);
    const written = ['virtual server', 'bound address'];
    assert.deepEqual(repair, { applied: 3, failures: [], written });
    const { applied, drifted: none } = await reconciler.audit();
    assert.deepEqual([applied, none], [1, []], 'it was drained');
    assert.deepEqual(virtualServers.rows, new Map([[key, observedAs(web)]]));
    assert.deepEqual([...addresses.rows.keys()], ['10.96.0.1']);
  });

  it('removes what an earlier run of this program left behind', async () => {
    const { virtualServers, addresses, reconciler } = setUp();
    virtualServers.rows.set(key, observedAs(web));
    addresses.rows.set('10.96.0.1', { address, owned: true, settled: true });
    reconciler.allowRemovals();
    await reconciler.audit();
    assert.equal(virtualServers.rows.size + addresses.rows.size, 0);
  });

  it('leaves alone what is not ours and nobody desires', async () => {
    const { log, virtualServers, addresses, reconciler } = setUp();
    virtualServers.rows.set(key, observedAs(web, { owned: false }));
    virtualServers.rows.set('fwmark 7 (IPv6)', {
      ...observedAs(web, { owned: false }),
      id: { kind: 'fwmark', family: 'IPv6', fwmark: 7 },
    });
    addresses.rows.set('10.96.0.1', { address, owned: false, settled: true });
    reconciler.allowRemovals();
    await reconciler.audit();
    assert.deepEqual(log, []);
    assert.deepEqual(reconciler.differing(), []);
  });

  it('takes over in place what is desired and not ours', async () => {
    const { log, virtualServers, addresses, reconciler, desire } = setUp();
    virtualServers.rows.set(key, observedAs(web, { owned: false }));
    addresses.rows.set('10.96.0.1', { address, owned: false, settled: true });
    reconciler.allowRemovals();
    desire(web);
    await reconciler.audit();
    assert.deepEqual(log, [`change virtual server ${key} (scheduler rr)`, 'adopt 10.96.0.1']);
    desire(undefined);
    await reconciler.round();
    assert.equal(virtualServers.rows.size + addresses.rows.size, 0);
  });

  it('changes nothing where the kernel cannot be read, and says why', async () => {
    for (const broken of ['virtualServers', 'addresses'] as const) {
      const given = setUp();
      given.desire(web);
      given[broken].listErrors.push(new Error(`no answer about ${broken}`));
      await assert.rejects(given.reconciler.audit(), new RegExp(`no answer about ${broken}`));
      assert.deepEqual(given.log, []);
    }
  });
});
