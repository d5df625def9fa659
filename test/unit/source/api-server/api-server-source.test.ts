import assert from 'node:assert/strict';
import { ClusterStore } from '../../../../src/cluster/store.ts';
import { formatProblem } from '../../../../src/base/problem.ts';
import { ApiServerSource } from '../../../../src/source/api-server/api-server-source.ts';
import { systemClock } from '../../../../src/source/api-server/clock.ts';
import { HttpTransport } from '../../../../src/source/api-server/http-transport.ts';
import { event, list, replay, status, TestApiServer, watch } from '../../../support/api-server.ts';
import { plainKubeConfig } from '../../../support/kube-config.ts';
import { rawNode, rawService, rawSlice } from '../../../support/manifests.ts';
import { haveRecordings, readRecording } from '../../../support/recordings.ts';
import { until } from '../../../support/until.ts';

const services = '/api/v1/services';
const slices = '/apis/discovery.k8s.io/v1/endpointslices';
const nodes = '/api/v1/nodes';

describe('an API server as the source', () => {
  let server: TestApiServer;
  let store: ClusterStore;
  let source: ApiServerSource;
  let complaints: string[];

  beforeEach(async () => {
    server = new TestApiServer();
    await server.start();
    store = new ClusterStore();
    complaints = [];
    source = new ApiServerSource({
      kubeconfig: undefined,
      nodeName: 'node-a',
      onProblem: (problem) => complaints.push(formatProblem(problem)),
      transport: new HttpTransport(await plainKubeConfig(server.url)),
      clock: {
        ...systemClock,
        sleep: (_ms, signal) => systemClock.sleep(5, signal),
      },
    });
    for (const path of [services, slices, nodes]) {
      server.onList(path, list([], { resourceVersion: '10' }));
      server.onWatch(path, watch([], 'open'));
    }
  });

  afterEach(async () => {
    await source.stop();
    await server.stop();
  });

  it('fills the store with the Node, Services and slices, and then it is synced', async () => {
    const node = rawNode('node-a', { 'topology.kubernetes.io/zone': 'z1' });
    server.onList(nodes, list([node], { resourceVersion: '10' }));
    server.onList(services, list([rawService('web')], { resourceVersion: '10' }));
    server.onList(slices, list([rawSlice('web-x1', 'web')], { resourceVersion: '10' }));
    const changes: string[] = [];
    store.onChange(({ kind }) => changes.push(kind));
    await source.start(store);
    assert.equal(store.synced, true);
    assert.equal(store.node?.name, 'node-a');
    assert.equal(store.node.zone, 'z1');
    assert.deepEqual([...store.serviceKeys()], ['default/web']);
    assert.equal(store.slices('default/web').length, 1);
    assert.deepEqual(changes, ['node', 'service', 'service', 'synced']);
    assert.equal(
      server.served('list', nodes)[0]?.query.get('fieldSelector'),
      'metadata.name=node-a',
    );
    assert.equal(
      server.served('list', slices)[0]?.query.get('labelSelector'),
      '!service.kubernetes.io/headless',
    );
    assert.equal(server.requests[0]?.headers.authorization, 'Bearer secret');
  });

  it('keeps the store current', async () => {
    server.onList(services, list([rawService('web')], { resourceVersion: '10' }));
    server.onList(slices, list([rawSlice('web-x1', 'web')], { resourceVersion: '10' }));
    server.onWatch(
      services,
      watch([event('DELETED', rawService('web')), event('ADDED', rawService('api'))], 'open'),
    );
    server.onWatch(
      slices,
      watch([event('MODIFIED', rawSlice('web-x1', 'web', {}, { labels: {} }))], 'open'),
    );
    await source.start(store);
    await until('the watches are heard', () => store.service('default/api') !== undefined);
    assert.equal(store.service('default/web'), undefined);
    // A slice that loses its label belongs to no Service.
    await until('the slice is gone', () => store.slices('default/web').length === 0);
  });

  describe('and the other Nodes', () => {
    const external = rawService('web', { externalIPs: ['192.0.2.11'] });
    const nodeB = {
      ...rawNode('node-b'),
      status: { addresses: [{ type: 'InternalIP', address: '192.0.2.11' }] },
    };
    const followed = () => server.requests.filter(isOfAllNodes);

    it('are not asked for where no Service has external or load-balancer IPs', async () => {
      server.onList(services, list([rawService('web')], { resourceVersion: '10' }));
      await source.start(store);
      assert.equal(followed().length, 0);
    });

    it('are listed before the store counts as complete, where one has', async () => {
      server.onList(services, list([external], { resourceVersion: '10' }));
      server.onList(
        nodes,
        list([], { resourceVersion: '10' }),
        list([nodeB], { resourceVersion: '10' }),
      );
      await source.start(store);
      assert.deepEqual(store.nodesAt('192.0.2.11'), ['node-b']);
      assert.equal(store.awaitsNodes, false);
      assert.equal(complaints.length, 0);
    });

    it('are asked for when the first such Service comes', async () => {
      server.onList(
        nodes,
        list([], { resourceVersion: '10' }),
        list([nodeB], { resourceVersion: '10' }),
      );
      server.onWatch(services, watch([event('ADDED', external)], 'open'));
      await source.start(store);
      await until('they are listed', () => store.nodesAt('192.0.2.11').length > 0);
    });

    it('are gone on without where they may not be listed, and that is told once', async () => {
      server.onList(services, list([external], { resourceVersion: '10' }));
      server.onList(nodes, list([], { resourceVersion: '10' }), status(403, 'forbidden'));
      await source.start(store);
      assert.equal(store.awaitsNodes, false);
      assert.deepEqual(
        complaints.filter((line) => line.includes('protectedCIDRs')),
        [
          'API server: the Nodes may not be listed (RBAC: list and watch nodes): until they are, external and load-balancer IPs that are addresses of other Nodes are not refused; name these in kubeIpvs.protectedCIDRs',
        ],
      );
    });
  });

  describe('and the weights of Nodes', () => {
    const asking = rawService('web', {}, { annotations: { 'kube-ipvs.io/weights': 'node' } });
    const heavy = rawNode('node-b', { 'kube-ipvs.io/weight': '20' });
    const asked = () => server.requests.filter(({ headers }) => isForMetadata(headers));

    it('are not asked for where no Service wants them', async () => {
      server.onList(services, list([rawService('web')], { resourceVersion: '10' }));
      await source.start(store);
      assert.deepEqual(asked(), []);
    });

    it('are listed, as metadata alone, before the store counts as complete', async () => {
      server.onList(services, list([asking], { resourceVersion: '10' }));
      server.onList(
        nodes,
        list([], { resourceVersion: '10' }),
        list([heavy], { resourceVersion: '10' }),
      );
      await source.start(store);
      assert.equal(store.nodeWeights.of('node-b'), 20);
      assert.equal(store.nodeWeights.areAwaited, false);
      assert.deepEqual(complaints, []);
    });

    it('are followed while a Service wants them', async () => {
      server.onWatch(services, watch([event('ADDED', asking)], 'open'));
      server.onList(
        nodes,
        list([], { resourceVersion: '10' }),
        list([heavy], { resourceVersion: '10' }),
      );
      server.onWatch(nodes, watch([], 'open'), watch([event('DELETED', heavy)], 'open'));
      const weights: (number | undefined)[] = [];
      store.onChange(({ kind }) => {
        if (kind === 'node weights') {
          weights.push(store.nodeWeights.of('node-b'));
        }
      });
      await source.start(store);
      await until('the Node is gone', () => weights.length === 2);
      assert.deepEqual(weights, [20, undefined]);
    });

    it('are gone on without where they may not be listed', async () => {
      server.onList(services, list([asking], { resourceVersion: '10' }));
      server.onList(nodes, list([], { resourceVersion: '10' }), status(403, 'forbidden'));
      await source.start(store);
      assert.equal(store.nodeWeights.areAwaited, false);
      assert.ok(
        complaints.includes(
          'API server: the Nodes may not be listed (RBAC: list and watch nodes): until they are, endpoints do not have the weights of their Nodes',
        ),
        complaints.join('\n'),
      );
    });
  });

  it('does not hang on a Node that it may not read', async () => {
    server.onList(nodes, status(403, 'forbidden'));
    server.onList(services, list([rawService('web')], { resourceVersion: '10' }));
    await source.start(store);
    assert.equal(store.synced, true);
    assert.equal(store.node, undefined);
    assert.deepEqual(complaints, [
      'API server: the permission is missing to list nodes: forbidden',
    ]);
  });

  it('is not synced before both lists are complete', async () => {
    server.onList(slices, status(403, 'forbidden'));
    const started = source.start(store);
    await until('it is told', () => complaints.length > 0);
    assert.equal(store.synced, false);
    assert.deepEqual(complaints, [
      'API server: the permission is missing to list endpointslices in API group discovery.k8s.io: forbidden',
    ]);
    server.onList(slices, list([], { resourceVersion: '10' }));
    await started;
    assert.equal(store.synced, true);
  });

  it('takes another Node for none', async () => {
    server.onList(nodes, list([rawNode('node-b')], { resourceVersion: '10' }));
    await source.start(store);
    assert.equal(store.node, undefined);
  });

  it('keeps its Node when another one is deleted', async () => {
    server.onList(nodes, list([rawNode('node-a')], { resourceVersion: '10' }));
    const bookmark = event('BOOKMARK', { metadata: { resourceVersion: '12' } });
    server.onWatch(
      nodes,
      watch([event('DELETED', rawNode('node-b')), bookmark], 'end'),
      watch([], 'open'),
    );
    await source.start(store);
    await until('the events are heard', () => server.served('watch', nodes).length > 1);
    assert.equal(store.node?.name, 'node-a');
  });

  it('forgets the Node when it is deleted', async () => {
    server.onList(nodes, list([rawNode('node-a')], { resourceVersion: '10' }));
    server.onWatch(nodes, watch([event('DELETED', rawNode('node-a'))], 'open'));
    await source.start(store);
    await until('the Node is gone', () => store.node === undefined);
    assert.deepEqual(complaints, []);
  });

  it('reports what cannot be used in an object, and uses the rest', async () => {
    const ports = [{ port: 70_000 }, { port: 80 }];
    server.onList(services, list([rawService('web', { ports })], { resourceVersion: '10' }));
    await source.start(store);
    assert.equal(store.service('default/web')?.ports.length, 1);
    assert.deepEqual(complaints, [
      'Service default/web: spec.ports[0].port is 70000; must be a number from 1 to 65535',
    ]);
  });

  it('stops while it still waits for the API server', async () => {
    server.onList(services, () => undefined);
    const started = source.start(store);
    await until('it has asked', () => server.served('list', services).length > 0);
    await source.stop();
    await started;
    assert.equal(store.synced, false);
  });

  it('reads what a real server sent', async function () {
    if (!haveRecordings) {
      console.warn('no recordings found (KUBE_IPVS_SHARED): skipped');
      this.skip();
    }
    server.onList(nodes, replay(readRecording('node-by-field-selector')));
    server.onList(services, replay(readRecording('list-services')));
    server.onWatch(services, replay(readRecording('watch-services')), watch([], 'open'));
    server.onList(slices, replay(readRecording('list-endpointslices-selector')));
    server.onWatch(slices, replay(readRecording('watch-endpointslices')), watch([], 'open'));
    await source.start(store);
    await until(
      'the watches are over',
      () =>
        server.served('watch', slices).length > 1 && server.served('watch', services).length > 1,
    );
    assert.equal([...store.serviceKeys()].length, 8);
    assert.equal(store.service('default/late'), undefined);
    assert.equal(store.slices('default/web-1').length, 0);
    assert.equal(store.slices('default/web-2')[0]?.endpoints[0]?.address.text, '10.244.1.2');
    assert.deepEqual(complaints, []);
  });
});

function isOfAllNodes({ path, query }: TestApiServer['requests'][number]): boolean {
  return path === nodes && !query.has('fieldSelector');
}

function isForMetadata({ accept = '' }: { readonly accept?: string | undefined }): boolean {
  return accept.includes('as=PartialObjectMetadata');
}
