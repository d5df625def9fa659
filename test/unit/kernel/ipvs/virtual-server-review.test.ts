import assert from 'node:assert/strict';
import { KindTable } from '../../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../../src/reconcile/reconciler.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { kernelKinds } from '../../../support/kernel-kinds.ts';
import { realServers, frontEnd } from '../../../support/rows.ts';

const key = 'TCP 10.96.0.1:80';

/** A virtual server with one real server that stays and one that drains. */
async function draining() {
  const kernel = new FakeKernel();
  const { ipvs } = kernel;
  const { virtualServers: kind } = await kernelKinds(kernel);
  const table = new KindTable(kind);
  const reconciler = new Reconciler([table], () => 0);
  reconciler.allowRemovals();
  table.setDesired(key, frontEnd({ realServers: realServers('10.244.1.1', '10.244.1.2') }));
  await reconciler.round();
  ipvs.setConnections(key, '10.244.1.1:8080', 1);
  table.setDesired(key, frontEnd({ realServers: realServers('10.244.1.2') }));
  await reconciler.round();
  assert.deepEqual(kind.needsPolling(), [key]);
  kernel.questions.length = 0;
  return { kernel, ipvs, kind, reconciler };
}

describe('the review of a virtual server with real servers that drain', () => {
  it('asks for its real servers alone', async () => {
    const { kernel, reconciler } = await draining();
    await reconciler.pollRows();
    assert.deepEqual(kernel.questions, [`real servers of ${key}`]);
  });

  it('sees that the virtual server has gone, for the round to make it anew', async () => {
    const { ipvs, kind, reconciler } = await draining();
    ipvs.virtualServers.clear();
    await reconciler.pollRows();
    await reconciler.round();
    assert.deepEqual(ipvs.weights(key), ['10.244.1.2:8080 1']);
    assert.deepEqual(kind.needsPolling(), []);
  });

  it('tells a virtual server without real servers from one that has gone', async () => {
    const { kernel, ipvs, kind, reconciler } = await draining();
    ipvs.virtualServers.get(key)?.realServers.clear();
    await reconciler.pollRows();
    await reconciler.round();
    assert.equal(kernel.log.at(-1), `add real server 10.244.1.2:8080 to ${key}`);
    assert.deepEqual(ipvs.weights(key), ['10.244.1.2:8080 1']);
    assert.deepEqual(kind.needsPolling(), []);
  });
});
