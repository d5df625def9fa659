import assert from 'node:assert/strict';
import { KindTable } from '../../../src/reconcile/kind-table.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import { VirtualServerKind } from '../../../src/reconcile/virtual-server-kind.ts';
import { FakeIpvs } from '../../support/fake-ipvs.ts';
import { realServers, virtualServer } from '../../support/rows.ts';

const key = 'TCP 10.96.0.1:80';

/** A virtual server with one real server that stays and one that drains. */
async function draining() {
  const ipvs = new FakeIpvs();
  const kind = new VirtualServerKind(ipvs, () => 0, ipvs.visitTable);
  const table = new KindTable(kind);
  const reconciler = new Reconciler([table], () => 0);
  reconciler.allowRemovals();
  table.setDesired(key, virtualServer({ realServers: realServers('10.244.1.1', '10.244.1.2') }));
  await reconciler.round();
  ipvs.setConnections(key, '10.244.1.1:8080', 1);
  table.setDesired(key, virtualServer({ realServers: realServers('10.244.1.2') }));
  await reconciler.round();
  assert.deepEqual(kind.restless(), [key]);
  ipvs.questions.length = 0;
  return { ipvs, kind, reconciler };
}

describe('the review of a virtual server with real servers that drain', () => {
  it('asks for its real servers alone', async () => {
    const { ipvs, reconciler } = await draining();
    await reconciler.reviewRestless();
    assert.deepEqual(ipvs.questions, [`real servers of ${key}`]);
  });

  it('sees that the virtual server has gone, for the round to make it anew', async () => {
    const { ipvs, kind, reconciler } = await draining();
    ipvs.rows.clear();
    await reconciler.reviewRestless();
    await reconciler.round();
    assert.deepEqual(ipvs.weights(key), ['10.244.1.2:8080 1']);
    assert.deepEqual(kind.restless(), []);
  });

  it('tells a virtual server without real servers from one that has gone', async () => {
    const { ipvs, kind, reconciler } = await draining();
    ipvs.rows.get(key)?.realServers.clear();
    await reconciler.reviewRestless();
    await reconciler.round();
    assert.deepEqual(ipvs.log.at(-1)?.kind, 'add real server');
    assert.deepEqual(ipvs.weights(key), ['10.244.1.2:8080 1']);
    assert.deepEqual(kind.restless(), []);
  });
});
