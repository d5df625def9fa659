import assert from 'node:assert/strict';
import type { StoreChange } from '../../../src/cluster/store.ts';
import { endpoint, endpointPort, ip, service, slice } from '../../support/cluster-objects.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

const outside = service({ name: 'outside', clusterIPs: [ip('10.96.0.2')] });
const external = { ...outside, externalIPs: [ip('192.0.2.11')] };
const otherExternal = service({
  name: 'other',
  clusterIPs: [ip('10.96.0.3')],
  loadBalancerIPs: [ip('203.0.113.10')],
});
const nodeB = { name: 'node-b', addresses: ['192.0.2.11'] };

/** A plain Service, one with an external IP, and one with another load-balancer IP. */
function cluster(): TranslatorWorld {
  const world = new TranslatorWorld();
  world.store.setService(service());
  world.store.setService(external);
  world.store.setService(otherExternal);
  world.translate();
  return world;
}

function isBound(world: TranslatorWorld, address = '192.0.2.11'): boolean {
  return world.tables.boundAddresses.rows.has(address);
}

describe('the addresses of other hosts', () => {
  it('are no VIPs from the moment on when they are known, and concern nobody else', () => {
    const world = cluster();
    assert.ok(isBound(world));
    world.store.replaceNamedNodes([nodeB, { name: 'node-c', addresses: ['192.0.2.12'] }]);
    assert.deepEqual(world.translate(), ['default/outside']);
    assert.ok(!isBound(world));
    assert.ok(!world.tables.virtualServers.rows.has('TCP 192.0.2.11:80'));
    assert.match(world.problems[0] ?? '', /^ExternalIPRefused .*192\.0\.2\.11.*Node node-b/);
  });

  it('are VIPs again when the Node is gone', () => {
    const world = cluster();
    world.store.setNamedNode(nodeB);
    world.translate();
    world.store.setNamedNode({ name: 'node-b', addresses: [] });
    world.translate();
    assert.ok(isBound(world));
  });

  it('are no work with a heartbeat', () => {
    const world = cluster();
    world.store.setNamedNode(nodeB);
    world.translate();
    world.store.setNamedNode({ ...nodeB, addresses: [...nodeB.addresses] });
    world.store.setNamedNode({ name: 'node-d', addresses: ['192.0.2.14'] });
    assert.equal(world.translator.hasWork, false);
  });

  it('are not those of the own Node, even where another one has the same', () => {
    const world = cluster();
    world.store.replaceNamedNodes([nodeB, { name: 'node-a', addresses: ['192.0.2.11'] }]);
    world.translate();
    assert.ok(isBound(world));
  });

  it('are waited for, without a word, while Nodes are listed', () => {
    const world = new TranslatorWorld();
    world.store.onChange(({ kind }) => {
      if (kind === 'external VIPs') {
        world.store.awaitNodes();
      }
    });
    world.store.setService(otherExternal);
    world.translate();
    assert.ok(!isBound(world, '203.0.113.10'));
    assert.ok(isBound(world, '10.96.0.3'));
    world.store.replaceNamedNodes([nodeB]);
    world.translate();
    assert.ok(isBound(world, '203.0.113.10'));
    assert.deepEqual(world.problems, []);
  });

  it('are those of the API server, as the source says, and of its Service', () => {
    const world = cluster();
    world.store.setApiServers([{ address: ip('203.0.113.10'), port: 6443, isConfigured: true }]);
    assert.deepEqual(world.translate(), ['default/other']);
    assert.ok(!isBound(world, '203.0.113.10'));
    const servers = slice([endpoint('192.0.2.11')], {
      name: 'kubernetes',
      serviceName: 'kubernetes',
      ports: [endpointPort({ port: 6443 })],
    });
    world.store.setSlice(servers);
    assert.deepEqual(world.translate().includes('default/outside'), true);
    assert.ok(!isBound(world));
    assert.match(world.problems.at(-1) ?? '', /192\.0\.2\.11 is an address of the API server/);
    world.store.deleteSlice('default/kubernetes');
    world.translate();
    assert.ok(isBound(world));
  });
});

describe('the store', () => {
  it('says when the first Service with an external VIP comes, and when the last one goes', () => {
    const { store } = new TranslatorWorld();
    const kinds: StoreChange['kind'][] = [];
    store.onChange(({ kind }) => kinds.push(kind));
    store.setService(outside);
    assert.equal(store.hasExternalVips, false);
    store.setService(external);
    store.setService(otherExternal);
    store.setService({ ...external, externalIPs: [] });
    assert.equal(store.hasExternalVips, true);
    store.deleteService('default/other');
    store.deleteService('default/other');
    assert.equal(store.hasExternalVips, false);
    assert.equal(kinds.filter((kind) => kind === 'external VIPs').length, 2);
  });
});
