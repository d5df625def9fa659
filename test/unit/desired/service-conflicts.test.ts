import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { ip, service, servicePort } from '../../support/cluster-objects.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

describe('two Services that want one virtual server', () => {
  const old = service({ name: 'old', createdAt: 1000, externalIPs: [ip('198.51.100.20')] });
  const young = service({
    name: 'young',
    createdAt: 2000,
    clusterIPs: [ip('10.96.0.9')],
    externalIPs: [ip('198.51.100.20')],
    annotations: new Map([['kube-ipvs.io/scheduler', 'wrr']]),
  });
  const key = 'TCP 198.51.100.20:80';
  const conflict =
    'AddressConflict Service default/young: virtual server is "TCP 198.51.100.20:80"; already owned by Service default/old (older); taken over when that one is deleted';

  function both(...services: readonly Service[]): TranslatorWorld {
    const world = new TranslatorWorld();
    for (const one of services) {
      world.store.setService(one);
      world.translate();
    }
    return world;
  }

  it('leave it to the older one, whichever came first, and the younger one is told', () => {
    for (const services of [
      [old, young],
      [young, old],
    ]) {
      const world = both(...services);
      assert.equal(
        world.tables.virtualServers.rows.get(key)?.virtualServer.settings.scheduler,
        'rr',
      );
      assert.equal(world.tables.desired.serviceOf(key), 'default/old');
      assert.deepEqual(world.problems, [conflict]);
    }
  });

  it('are told of it once, however often they are translated', () => {
    const world = both(old, young);
    world.translator.everythingChanged();
    world.translate();
    world.store.setService({ ...old, sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 60 } });
    world.translate();
    assert.deepEqual(world.problems, [conflict]);
  });

  it('lose nothing else by it', () => {
    const world = both(old, young);
    assert.ok(world.tables.virtualServers.rows.has('TCP 10.96.0.9:80'));
    assert.ok(world.tables.boundAddresses.rows.has('10.96.0.9'));
  });

  it('pass it on when the older one goes, and the address stays bound throughout', () => {
    const world = both(old, young);
    world.tables.forget();
    world.store.deleteService('default/old');
    world.translate();
    assert.equal(
      world.tables.virtualServers.rows.get(key)?.virtualServer.settings.scheduler,
      'wrr',
    );
    assert.ok(world.tables.boundAddresses.rows.has('198.51.100.20'));
    assert.deepEqual(world.problems, [conflict]);
  });

  it('are told again when the conflict comes back', () => {
    const world = both(old, young);
    world.store.setService({ ...old, externalIPs: [] });
    world.translate();
    world.store.setService(old);
    world.translate();
    assert.deepEqual(world.problems, [conflict, conflict]);
  });

  it('of the same age are told apart by name', () => {
    const [a, b] = ['a', 'b'].map((name) => ({ ...old, name }));
    assert.ok(a && b);
    const world = both(b, a);
    assert.equal(world.tables.desired.serviceOf(key), 'default/a');
    assert.match(world.problems[0] ?? '', /^AddressConflict Service default\/b: /);
  });

  it('do not meet where the ports or protocols differ', () => {
    const udp = [servicePort({ protocol: 'UDP' }), servicePort({ name: 'b', port: 81 })];
    assert.deepEqual(both(old, { ...young, ports: udp }).problems, []);
  });

  it('do not meet where the address moves from one to the other, in whichever order', () => {
    for (const order of ['give first', 'take first'] as const) {
      const world = both(old, { ...young, externalIPs: [] });
      const give = () => {
        world.store.setService({ ...old, externalIPs: [] });
      };
      const take = () => {
        world.store.setService(young);
      };
      (order === 'give first' ? [give, take] : [take, give]).forEach((step) => {
        step();
      });
      world.translate();
      assert.deepEqual(world.problems, [], order);
      assert.equal(world.tables.desired.serviceOf(key), 'default/young');
    }
  });

  it('by a node port are told too', () => {
    const port = (name: string, clusterIP: string) =>
      service({
        name,
        clusterIPs: [ip(clusterIP)],
        ports: [servicePort({ nodePort: 30_080 })],
      });
    const world = new TranslatorWorld();
    world.translator.nodeAddressesChanged([ip('192.0.2.10')]);
    world.store.setService(port('a', '10.96.0.1'));
    world.store.setService(port('b', '10.96.0.2'));
    world.translate();
    assert.deepEqual(world.problems.length, 1);
    assert.match(
      world.problems[0] ?? '',
      /default\/b: virtual server is "TCP 192\.0\.2\.10:30080"/,
    );
  });
});
