import assert from 'node:assert/strict';
import { BackOff } from '../../../src/reconcile/back-off.ts';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import { ip } from '../../support/cluster-objects.ts';
import { FakeKernel } from '../../support/fake-kernel/fake-kernel.ts';
import { kernelKinds } from '../../support/kernel-kinds.ts';
import { bindVip, putRows, rowsOf, vipsOf } from '../../support/kernel-rows.ts';
import { changed, heldAs, realServers, frontEnd } from '../../support/rows.ts';

const web = frontEnd({ realServers: realServers('10.244.1.1') });
const key = 'TCP 10.96.0.1:80';
const address = ip('10.96.0.1');

const written = ['virtual server', 'bound address'];
const noMemory = { kind: 'refused', code: 'ENOMEM' } as const;

async function setUp() {
  const kernel = new FakeKernel();
  kernel.route.addLink('kube-ipvs0', 'dummy');
  const clock = { nowMs: 0 };
  const { client, virtualServers, addresses } = await kernelKinds(kernel, () => clock.nowMs);
  const backOff = { firstMs: 100, longestMs: 1000 };
  const virtualServerTable = new KindTable(virtualServers, new BackOff(backOff));
  const addressTable = new KindTable(addresses, new BackOff(backOff));
  const { log } = kernel;
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
    kernel,
    client,
    virtualServerTable,
    addressTable,
    reconciler,
    desire,
  };
}

describe('a round', () => {
  it('adds virtual server, real servers, and the address last', async () => {
    const { log, reconciler, desire } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    const report = { applied: 3, failures: [], written, drifted: [] };
    assert.deepEqual(await reconciler.round(), report);
    assert.deepEqual(log, [
      `add virtual server ${key} (scheduler rr)`,
      `add real server 10.244.1.1:8080 to ${key}`,
      'bind 10.96.0.1',
    ]);
  });

  it('has ended when its last table is done, of additions and of removals', async () => {
    const { ended, reconciler, desire } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    desire(undefined);
    await reconciler.round();
    assert.deepEqual(ended, ['bind 10.96.0.1', `delete virtual server ${key}`]);
  });

  it('removes the address first, and the virtual server after it', async () => {
    const { log, reconciler, desire } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    log.length = 0;
    desire(undefined);
    await reconciler.round();
    assert.deepEqual(log, ['unbind 10.96.0.1', `delete virtual server ${key}`]);
  });

  it('does all additions of all tables before the first removal', async () => {
    const { log, reconciler, desire, virtualServerTable, addressTable } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    log.length = 0;
    desire(undefined);
    const next = ip('10.96.0.2');
    virtualServerTable.setDesired('TCP 10.96.0.2:80', frontEnd({ address: next }));
    addressTable.setDesired('10.96.0.2', next);
    await reconciler.round();
    assert.deepEqual(log, [
      'add virtual server TCP 10.96.0.2:80 (scheduler rr)',
      'bind 10.96.0.2',
      'unbind 10.96.0.1',
      `delete virtual server ${key}`,
    ]);
  });

  it('replaces a real server by adding the new one first', async () => {
    const { log, reconciler, desire } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    log.length = 0;
    desire(changed(web, { realServers: realServers('10.244.1.2') }));
    await reconciler.round();
    assert.deepEqual(log, [
      `add real server 10.244.1.2:8080 to ${key}`,
      `change real server 10.244.1.1:8080 of ${key} (weight 0)`,
    ]);
  });

  it('looks at what drains when it is told to, and removes it when that is over', async () => {
    const { log, reconciler, desire, kernel } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    assert.equal(reconciler.anyNeedsPolling(), false);
    desire(changed(web, { realServers: realServers('10.244.1.2') }));
    await reconciler.round();
    assert.equal(reconciler.anyNeedsPolling(), true);
    assert.equal(reconciler.hasWork(), false);
    log.length = 0;
    kernel.questions.length = 0;
    await reconciler.pollRows();
    assert.equal(reconciler.hasWork(), true);
    await reconciler.round();
    assert.deepEqual(kernel.questions, [`real servers of ${key}`]);
    assert.deepEqual(log, [`delete real server 10.244.1.1:8080 from ${key}`]);
    assert.equal(reconciler.anyNeedsPolling(), false);
    assert.equal(reconciler.hasWork(), false);
  });

  it('asks again in the round where it could not look at what drains', async () => {
    const { log, reconciler, desire, kernel } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    desire(changed(web, { realServers: realServers('10.244.1.2') }));
    await reconciler.round();
    log.length = 0;
    kernel.addFaults(`real servers of ${key}`, noMemory);
    await reconciler.pollRows();
    assert.equal(reconciler.hasWork(), true);
    const { failures } = await reconciler.round();
    assert.deepEqual(failures, []);
    assert.deepEqual(log, [`delete real server 10.244.1.1:8080 from ${key}`]);
  });

  it('goes on with the other tables when one fails', async () => {
    const { client, reconciler, desire, kernel } = await setUp();
    client.close();
    desire(web);
    const { applied, failures } = await reconciler.round();
    assert.equal(applied, 1);
    assert.deepEqual(
      failures.map((failure) => `${failure.kind} ${failure.key}: ${failure.error.message}`),
      [
        `virtual server ${key}: add virtual server ${key} (scheduler rr): ECANCELED: the connection was closed`,
      ],
    );
    assert.deepEqual([...vipsOf(kernel).keys()], ['10.96.0.1']);
  });

  it('tries a failed object again when it is due, by the clock that was given', async () => {
    const { clock, reconciler, desire, kernel } = await setUp();
    reconciler.allowRemovals();
    kernel.addFaults(key, noMemory);
    desire(frontEnd());
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
    const { clock, reconciler, desire, addressTable, kernel } = await setUp();
    kernel.addFaults(key, noMemory);
    desire(frontEnd());
    await reconciler.round();
    clock.nowMs = 50;
    kernel.addFaults('10.96.0.2', noMemory);
    addressTable.setDesired('10.96.0.2', ip('10.96.0.2'));
    await reconciler.round();
    assert.equal(reconciler.nextDueAtMs(), 100);
    clock.nowMs = 100;
    await reconciler.round();
    assert.equal(reconciler.nextDueAtMs(), 150);
  });

  it('tells what differs, by kind and key', async () => {
    const { reconciler, desire } = await setUp();
    desire(web);
    assert.deepEqual(reconciler.differing(), [`virtual server ${key}`, 'bound address 10.96.0.1']);
  });
});

describe('before removals are allowed', () => {
  it('what is missing is added and what is ours but not desired stays', async () => {
    const { log, reconciler, desire, kernel } = await setUp();
    const leftOver = frontEnd({ address: ip('10.96.0.9') });
    putRows(kernel, [
      ['TCP 10.96.0.9:80', heldAs(leftOver)],
      [key, heldAs(changed(web, { realServers: realServers('10.244.1.1', '10.244.1.2') }))],
    ]);
    bindVip(kernel, ip('10.96.0.9'));
    desire(changed(web, { scheduler: 'lc' }));
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
    const { clock, reconciler, desire, kernel } = await setUp();
    kernel.addFaults(key, noMemory);
    desire(frontEnd());
    await reconciler.round();
    clock.nowMs = 100;
    await reconciler.round();
    assert.equal(kernel.ipvs.virtualServers.size, 1);
    assert.equal(reconciler.nextDueAtMs(), undefined);
  });

  it('an object that failed and has a removal left waits for nothing, either', async () => {
    const { clock, reconciler, desire, kernel } = await setUp();
    putRows(kernel, [[key, heldAs(web)]]);
    kernel.addFaults(key, noMemory);
    desire(changed(web, { realServers: realServers('10.244.1.2') }));
    await reconciler.audit();
    clock.nowMs = 100;
    await reconciler.round();
    assert.deepEqual(kernel.ipvs.weights(key), ['10.244.1.1:8080 1', '10.244.1.2:8080 1']);
    assert.equal(reconciler.nextDueAtMs(), undefined);
  });
});

describe('an audit', () => {
  it('repairs drift of every kind', async () => {
    const { reconciler, desire, kernel } = await setUp();
    reconciler.allowRemovals();
    desire(web);
    await reconciler.round();
    putRows(kernel, [[key, heldAs(changed(web, { realServers: realServers('10.244.9.9') }))]]);
    kernel.route.unbind('10.96.0.1');
    const { drifted, ...repair } = await reconciler.audit();
    const names = drifted.map((object) => `${object.kind} ${object.key}`);
    assert.deepEqual(names, [`virtual server ${key}`, 'bound address 10.96.0.1']);
    assert.deepEqual(repair, { applied: 3, failures: [], written });
    const { applied, drifted: none } = await reconciler.audit();
    assert.deepEqual([applied, none], [1, []], 'it was drained');
    assert.deepEqual(rowsOf(kernel), new Map([[key, heldAs(web)]]));
    assert.deepEqual([...vipsOf(kernel).keys()], ['10.96.0.1']);
  });

  it('removes what an earlier run of this program left behind', async () => {
    const { reconciler, kernel } = await setUp();
    putRows(kernel, [[key, heldAs(web)]]);
    bindVip(kernel, ip('10.96.0.1'));
    reconciler.allowRemovals();
    await reconciler.audit();
    assert.equal(kernel.ipvs.virtualServers.size + vipsOf(kernel).size, 0);
  });

  it('leaves alone what is not ours and nobody desires', async () => {
    const { log, reconciler, kernel } = await setUp();
    putRows(kernel, [[key, heldAs(web, { owned: false })]]);
    const byMark = { kind: 'fwmark', family: 'IPv6', fwmark: 7 } as const;
    putRows(kernel, [['fwmark 7 (IPv6)', { ...heldAs(web, { owned: false }), id: byMark }]]);
    bindVip(kernel, ip('10.96.0.1'), false);
    reconciler.allowRemovals();
    await reconciler.audit();
    assert.deepEqual(log, []);
    assert.deepEqual(reconciler.differing(), []);
  });

  it('takes over in place what is desired and not ours', async () => {
    const { log, reconciler, desire, kernel } = await setUp();
    putRows(kernel, [[key, heldAs(web, { owned: false })]]);
    bindVip(kernel, ip('10.96.0.1'), false);
    reconciler.allowRemovals();
    desire(web);
    await reconciler.audit();
    assert.deepEqual(log, [`change virtual server ${key} (scheduler rr)`, 'adopt 10.96.0.1']);
    desire(undefined);
    await reconciler.round();
    assert.equal(kernel.ipvs.virtualServers.size + vipsOf(kernel).size, 0);
  });

  it('changes nothing where the kernel cannot be read, and says why', async () => {
    for (const words of ['virtual servers', 'links', 'addresses']) {
      const { kernel, log, reconciler, desire } = await setUp();
      desire(web);
      kernel.addFaults(words, noMemory);
      await assert.rejects(reconciler.audit(), /ENOMEM: not enough memory/);
      assert.deepEqual(log, []);
    }
  });
});
