import assert from 'node:assert/strict';
import type { EndpointSlice, Service } from '../../../src/cluster/objects.ts';
import { parseEndpointSlice } from '../../../src/cluster/parse-endpoint-slice.ts';
import { parseService } from '../../../src/cluster/parse-service.ts';
import { ClusterStore } from '../../../src/cluster/store.ts';
import { node } from '../../support/cluster-objects.ts';
import { rawService, rawSlice } from '../../support/manifests.ts';

function service(name: string, clusterIP = '10.96.0.1'): Service {
  const { value } = parseService(rawService(name, { clusterIPs: [clusterIP] }));
  assert.ok(value);
  return value;
}

function slice(name: string, serviceName: string, address = '10.244.1.1'): EndpointSlice {
  const endpoints = [{ addresses: [address] }];
  const { value } = parseEndpointSlice(rawSlice(name, serviceName, { endpoints }));
  assert.ok(value);
  return value;
}

function storeWithLog(): { store: ClusterStore; takeLog: () => string[] } {
  const store = new ClusterStore();
  const log: string[] = [];
  store.onChange((change) => log.push(change.kind === 'service' ? change.key : change.kind));
  return { store, takeLog: () => log.splice(0) };
}

describe('the cluster store', () => {
  it('announces a Service that is new, changed or gone', () => {
    const { store, takeLog } = storeWithLog();
    store.setService(service('web'));
    assert.deepEqual(takeLog(), ['default/web']);
    assert.equal(store.service('default/web')?.name, 'web');
    store.setService(service('web', '10.96.0.2'));
    assert.deepEqual(takeLog(), ['default/web']);
    store.deleteService('default/web');
    assert.deepEqual(takeLog(), ['default/web']);
    assert.equal(store.service('default/web'), undefined);
    assert.deepEqual([...store.serviceKeys()], []);
  });

  it('is silent about an object that equals the one it holds, and about one that it never had', () => {
    const { store, takeLog } = storeWithLog();
    store.setService(service('web'));
    store.setSlice(slice('web-x1', 'web'));
    store.setNode(node({ name: 'node-a', zone: 'z1' }));
    takeLog();
    store.setService(service('web'));
    store.setSlice(slice('web-x1', 'web'));
    store.setNode(node({ name: 'node-a', zone: 'z1' }));
    store.deleteService('default/other');
    store.deleteSlice('default/other');
    assert.deepEqual(takeLog(), []);
  });

  it('announces the Service of a slice, whether or not the Service is there', () => {
    const { store, takeLog } = storeWithLog();
    store.setSlice(slice('web-x1', 'web'));
    store.setSlice(slice('web-x1', 'web', '10.244.1.2'));
    assert.deepEqual(takeLog(), ['default/web', 'default/web']);
    assert.deepEqual(
      store.slices('default/web').flatMap(({ endpoints }) => endpoints.map((e) => e.address.text)),
      ['10.244.1.2'],
    );
    store.deleteSlice('default/web-x1');
    assert.deepEqual(takeLog(), ['default/web']);
    assert.deepEqual(store.slices('default/web'), []);
  });

  it('orders the slices of a Service by name', () => {
    const { store } = storeWithLog();
    for (const name of ['web-m', 'web-z', 'web-a', 'web-m']) {
      store.setSlice(slice(name, 'web'));
    }
    assert.deepEqual(
      store.slices('default/web').map(({ name }) => name),
      ['web-a', 'web-m', 'web-z'],
    );
  });

  it('moves a slice whose label names another Service, and announces both', () => {
    const { store, takeLog } = storeWithLog();
    store.setSlice(slice('x1', 'web'));
    takeLog();
    store.setSlice(slice('x1', 'api'));
    assert.deepEqual(takeLog().sort(), ['default/api', 'default/web']);
    assert.deepEqual(store.slices('default/web'), []);
    assert.deepEqual(
      store.slices('default/api').map(({ name }) => name),
      ['x1'],
    );
  });

  it('drops what a complete list lacks', () => {
    const { store, takeLog } = storeWithLog();
    store.replaceServices([service('web'), service('api')]);
    store.replaceSlices([slice('web-x1', 'web'), slice('api-x1', 'api')]);
    takeLog();
    store.replaceServices([service('web')]);
    store.replaceSlices([slice('web-x1', 'web')]);
    assert.deepEqual(takeLog(), ['default/api', 'default/api']);
    assert.deepEqual([...store.serviceKeys()], ['default/web']);
    assert.deepEqual(store.slices('default/api'), []);
  });

  it('does no work for a list that it knows already', () => {
    const { store, takeLog } = storeWithLog();
    const lists = () => ({ services: [service('web')], slices: [slice('web-x1', 'web')] });
    store.replaceServices(lists().services);
    store.replaceSlices(lists().slices);
    takeLog();
    store.replaceServices(lists().services);
    store.replaceSlices(lists().slices);
    assert.deepEqual(takeLog(), []);
  });

  it('is synced once both lists have been complete, and says so once', () => {
    const { store, takeLog } = storeWithLog();
    store.setService(service('web'));
    store.replaceSlices([]);
    assert.equal(store.synced, false);
    store.replaceServices([service('web')]);
    assert.equal(store.synced, true);
    store.replaceServices([]);
    assert.deepEqual(takeLog(), ['default/web', 'synced', 'default/web']);
  });

  it('announces a Node that is new, changed or gone', () => {
    const { store, takeLog } = storeWithLog();
    store.setNode(node({ name: 'node-a', zone: undefined }));
    store.setNode(node({ name: 'node-a', zone: 'z1' }));
    store.setNode(undefined);
    assert.deepEqual(takeLog(), ['node', 'node', 'node']);
    assert.equal(store.node, undefined);
  });

  it('tells a listener no more once it has left', () => {
    const store = new ClusterStore();
    let calls = 0;
    const leave = store.onChange(() => {
      calls += 1;
    });
    store.setService(service('web'));
    leave();
    store.deleteService('default/web');
    assert.equal(calls, 1);
  });
});
