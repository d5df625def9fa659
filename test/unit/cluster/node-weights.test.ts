import assert from 'node:assert/strict';
import { ClusterStore, type StoreChange } from '../../../src/cluster/store.ts';
import { service } from '../../support/cluster-objects.ts';

function asking(name: string, value: string | undefined) {
  const annotations = new Map(value === undefined ? [] : [['kube-ipvs.io/weights', value]]);
  return service({ name, annotations });
}

function kindsOf(store: ClusterStore): StoreChange['kind'][] {
  const kinds: StoreChange['kind'][] = [];
  store.onChange(({ kind }) => kinds.push(kind));
  return kinds;
}

describe('the weights of Nodes in the store', () => {
  it('are wanted while a Service asks for them', () => {
    const store = new ClusterStore();
    const kinds = kindsOf(store);
    const wanted = (): boolean => store.nodeWeights.areWanted;
    store.setService(asking('a', 'none'));
    assert.equal(wanted(), false);
    store.setService(asking('a', 'node'));
    store.setService(asking('b', 'node'));
    assert.equal(wanted(), true);
    store.setService(asking('a', 'rack'));
    assert.equal(wanted(), true);
    store.deleteService('default/b');
    assert.equal(wanted(), false);
    assert.equal(kinds.filter((kind) => kind === 'node weights wanted').length, 2);
  });

  it('are wanted by default where the configuration says so, unless a Service says none', () => {
    const store = new ClusterStore({ nodeWeights: true });
    store.setService(asking('a', 'none'));
    assert.equal(store.nodeWeights.areWanted, false);
    store.setService(asking('b', undefined));
    assert.equal(store.nodeWeights.areWanted, true);
  });

  it('are told when they change, and not again', () => {
    const store = new ClusterStore();
    const kinds = kindsOf(store);
    const nodeB = { name: 'node-b', weight: 20 };
    store.nodeWeights.set(nodeB);
    store.nodeWeights.set(nodeB);
    store.nodeWeights.replace([nodeB]);
    assert.deepEqual(kinds, ['node weights']);
    store.nodeWeights.replace([{ name: 'node-c', weight: 3 }]);
    assert.deepEqual(kinds, ['node weights', 'node weights']);
    assert.equal(store.nodeWeights.of('node-b'), undefined);
    assert.equal(store.nodeWeights.of('node-c'), 3);
  });

  it('are awaited until they are listed, though none names one', () => {
    const store = new ClusterStore();
    store.nodeWeights.await();
    const kinds = kindsOf(store);
    store.nodeWeights.replace([]);
    assert.equal(store.nodeWeights.areAwaited, false);
    assert.deepEqual(kinds, ['node weights']);
  });
});
