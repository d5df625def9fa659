import assert from 'node:assert/strict';
import type { Operation } from '../../../../src/kernel/ipvs/model.ts';
import type { ObservedVirtualServer } from '../../../../src/kernel/ipvs/virtual-server-difference.ts';
import { KindTable } from '../../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../../src/reconcile/reconciler.ts';
import type { DesiredFrontEnd } from '../../../../src/translate/desired.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { kernelKinds } from '../../../support/kernel-kinds.ts';
import { putRows } from '../../../support/kernel-rows.ts';
import { frontEnd, heldAs, realServers } from '../../../support/rows.ts';

const key = 'fwmark 5 (IPv4)';
const id = { kind: 'fwmark', family: 'IPv4', fwmark: 5 } as const;
const wanted = ofMark(frontEnd({ realServers: realServers('10.244.1.1', '10.244.1.2') }));

function ofMark(row: DesiredFrontEnd): DesiredFrontEnd {
  return { ...row, virtualServer: { ...row.virtualServer, id } };
}

async function setUp() {
  const kernel = new FakeKernel();
  const { virtualServers: kind } = await kernelKinds(kernel, () => 0);
  const table = new KindTable<DesiredFrontEnd, ObservedVirtualServer, Operation>(kind);
  const reconciler = new Reconciler([table], () => 0);
  reconciler.allowRemovals();
  return { kernel, table, reconciler };
}

describe('virtual servers for marks', () => {
  it('are known with their real servers after a restart, so that nothing is changed', async () => {
    const { kernel, table, reconciler } = await setUp();
    putRows(kernel, [[key, { ...heldAs(wanted), id }]]);
    table.setDesired(key, wanted);
    const { applied, failures } = await reconciler.audit();
    assert.deepEqual([applied, failures], [0, []]);
  });

  it('are mended when others have changed their real servers', async () => {
    const { kernel, table, reconciler } = await setUp();
    table.setDesired(key, wanted);
    await reconciler.audit();
    const less = ofMark(frontEnd({ realServers: realServers('10.244.1.2') }));
    putRows(kernel, [[key, { ...heldAs(less), id }]]);
    await reconciler.audit();
    assert.deepEqual(kernel.ipvs.weights(key).toSorted(), [
      '10.244.1.1:8080 1',
      '10.244.1.2:8080 1',
    ]);
  });

  it('go when nobody desires them', async () => {
    const { kernel, reconciler } = await setUp();
    putRows(kernel, [[key, { ...heldAs(wanted), id }]]);
    await reconciler.audit();
    assert.equal(kernel.ipvs.virtualServers.size, 0);
  });

  it('of others are left as they are, whatever is desired', async () => {
    const { kernel, table, reconciler } = await setUp();
    const foreign = ofMark(frontEnd({ realServers: realServers('192.0.2.1') }));
    putRows(kernel, [[key, { ...heldAs(foreign, { owned: false }), id }]]);
    table.setDesired(key, wanted);
    const { applied, failures } = await reconciler.audit();
    assert.deepEqual([applied, failures], [0, []]);
    assert.deepEqual(kernel.ipvs.weights(key), ['192.0.2.1:8080 1']);
  });
});
