import assert from 'node:assert/strict';
import type { Service } from '../../src/cluster/objects.ts';
import { endpoint, ip, node, service, servicePort, slice } from '../support/cluster-objects.ts';
import { TranslatorWorld } from '../support/translator-world.ts';

const webKey = 'TCP 10.96.0.1:80';
const vip = '10.96.0.2';
const other = service({ name: 'other', clusterIPs: [ip(vip)] });

/** `default/web` with an endpoint in a Pod, and one at an address that may become a VIP. */
function withEndpointAt(address: string): TranslatorWorld {
  const world = new TranslatorWorld();
  world.store.setService(service());
  world.store.setSlice(slice([endpoint('10.244.1.1'), endpoint(address)]));
  world.translate();
  return world;
}

describe('the translator', () => {
  it('has work when something changed, and none when that is translated', () => {
    const world = new TranslatorWorld();
    assert.equal(world.translator.hasWork, false);
    world.store.setService(service());
    assert.equal(world.translator.hasWork, true);
    assert.deepEqual(world.translate(), ['default/web']);
    assert.equal(world.translator.hasWork, false);
    assert.deepEqual(world.translate(), []);
  });

  it('translates the changed Service alone', () => {
    const world = new TranslatorWorld();
    world.store.setService(service());
    world.store.setService(other);
    world.translate();
    world.tables.forget();
    world.store.setSlice(slice([endpoint('10.244.1.1')]));
    assert.deepEqual(world.translate(), ['default/web']);
    assert.deepEqual(world.tables.virtualServers.told, [webKey]);
  });

  it('translates all when everything changed, those that came before it included', () => {
    const world = new TranslatorWorld();
    world.store.setService(service());
    world.store.setService(other);
    world.translate();
    world.translator.everythingChanged();
    assert.deepEqual(world.translate(), ['default/web', 'default/other']);
  });

  it('takes back all that a deleted Service had: rows, problems and its health check', () => {
    const world = new TranslatorWorld();
    const annotations = new Map([['kube-ipvs.io/scheduler', 'best']]);
    world.store.setService(service({ annotations }));
    world.translate();
    world.store.deleteService('default/web');
    world.translate();
    assert.equal(world.tables.virtualServers.rows.size, 0);
    assert.equal(world.tables.boundAddresses.rows.size, 0);
    assert.deepEqual(world.healthChecks, [['default/web', undefined]]);
    world.store.setService(service({ annotations }));
    world.translate();
    assert.equal(world.problems.length, 2);
  });

  it('tells a mistake of its own, keeps the rows of that Service and goes on', () => {
    const world = new TranslatorWorld();
    world.store.setService(service());
    world.translate();
    // A field that no parser leaves out.
    const broken = { ...service(), ports: undefined } as unknown as Service;
    world.store.setService(broken);
    world.store.setService(other);
    world.translate();
    assert.equal(world.mistakes.length, 1);
    assert.match(world.mistakes[0] ?? '', /^default\/web: /);
    assert.deepEqual([...world.tables.virtualServers.rows.keys()], [webKey, 'TCP 10.96.0.2:80']);
    assert.equal(world.translator.hasWork, false);
  });
});

describe('an endpoint at an address that is no VIP yet', () => {
  it('is refused when it becomes one, and told once', () => {
    const world = withEndpointAt(vip);
    assert.equal(world.realServersOf(webKey), `10.244.1.1:8080 ${vip}:8080`);
    world.store.setService(other);
    assert.deepEqual(world.translate(), ['default/other', 'default/web']);
    assert.equal(world.realServersOf(webKey), '10.244.1.1:8080');
    assert.equal(world.problems.length, 1);
    assert.match(
      world.problems[0] ?? '',
      /^EndpointRefused Service default\/web: .*10\.96\.0\.2 \(a VIP\)/,
    );
    world.translator.everythingChanged();
    world.translate();
    assert.equal(world.problems.length, 1);
  });

  it('is refused whichever of the two came first', () => {
    const world = new TranslatorWorld();
    world.store.setService(other);
    world.translate();
    world.store.setService(service());
    world.store.setSlice(slice([endpoint(vip)]));
    world.translate();
    assert.equal(world.realServersOf(webKey), '');
  });

  it('is refused where it is the VIP of its own Service', () => {
    const world = withEndpointAt('10.96.0.1');
    assert.equal(world.realServersOf(webKey), '10.244.1.1:8080');
  });

  it('is refused at an external IP, a load-balancer IP and a dual-stack cluster IP as well', () => {
    for (const fields of [
      { externalIPs: [ip('198.51.100.20')] },
      { loadBalancerIPs: [ip('198.51.100.20')] },
      { clusterIPs: [ip('fd00:96::1'), ip('198.51.100.20')] },
    ]) {
      const world = withEndpointAt('198.51.100.20');
      world.store.setService({ ...other, ...fields });
      world.translate();
      assert.equal(world.realServersOf(webKey), '10.244.1.1:8080');
    }
  });

  it('is not refused at a node address, though a Service has it as its external IP', () => {
    const world = withEndpointAt('192.0.2.10');
    world.translator.nodeAddressesChanged([ip('192.0.2.10')]);
    world.store.setService({ ...other, externalIPs: [ip('192.0.2.10')] });
    world.translate();
    assert.equal(world.realServersOf(webKey), '10.244.1.1:8080 192.0.2.10:8080');
  });

  it('gets its traffic back when the Service of the VIP goes', () => {
    const world = withEndpointAt(vip);
    world.store.setService(other);
    world.translate();
    world.store.deleteService('default/other');
    assert.deepEqual(world.translate(), ['default/other', 'default/web']);
    assert.equal(world.realServersOf(webKey), `10.244.1.1:8080 ${vip}:8080`);
  });

  it('gets it back when that Service moves to another VIP, not while a second one has it', () => {
    const world = withEndpointAt(vip);
    world.store.setService(other);
    world.store.setService({ ...other, name: 'second', ports: [servicePort({ port: 81 })] });
    world.translate();
    const moved = { ...other, clusterIPs: [ip('10.96.0.3')] };
    world.store.setService(moved);
    world.translate();
    assert.equal(world.realServersOf(webKey), '10.244.1.1:8080');
    world.store.deleteService('default/second');
    world.translate();
    assert.equal(world.realServersOf(webKey), `10.244.1.1:8080 ${vip}:8080`);
  });

  it('costs nobody else a translation', () => {
    const world = withEndpointAt('10.244.1.2');
    world.store.setService(other);
    assert.deepEqual(world.translate(), ['default/other']);
  });
});

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
    'AddressConflict Service default/young: virtual server is "TCP 198.51.100.20:80"; the older Service default/old has it; this one gets it when that one goes';

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
      assert.equal(world.tables.virtualServers.rows.get(key)?.scheduler, 'rr');
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
    assert.equal(world.tables.virtualServers.rows.get(key)?.scheduler, 'wrr');
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

describe('the addresses of the node', () => {
  const external: readonly Partial<Service>[] = [
    { ports: [servicePort({ nodePort: 30_080 })] },
    { externalIPs: [ip('198.51.100.20')] },
    { loadBalancerIPs: [ip('203.0.113.10')] },
  ];

  function cluster(): TranslatorWorld {
    const world = new TranslatorWorld();
    world.store.setService(service({ name: 'plain' }));
    external.forEach((fields, index) => {
      const clusterIPs = [ip(`10.96.1.${index}`)];
      world.store.setService(service({ name: `external-${index}`, clusterIPs, ...fields }));
    });
    world.translator.nodeAddressesChanged([ip('192.0.2.10')]);
    world.translate();
    return world;
  }

  it('concern the Services with node ports or external VIPs alone', () => {
    const world = cluster();
    world.translator.nodeAddressesChanged([ip('192.0.2.11')]);
    assert.deepEqual(world.translate(), [
      'default/external-0',
      'default/external-1',
      'default/external-2',
    ]);
  });

  it('take the virtual servers of node ports with them', () => {
    const world = cluster();
    assert.ok(world.tables.virtualServers.rows.has('TCP 192.0.2.10:30080'));
    world.translator.nodeAddressesChanged([ip('192.0.2.11')]);
    world.translate();
    assert.ok(!world.tables.virtualServers.rows.has('TCP 192.0.2.10:30080'));
    assert.ok(world.tables.virtualServers.rows.has('TCP 192.0.2.11:30080'));
  });

  it('are no VIPs any more when the node gets them, and are again when it loses them', () => {
    const world = cluster();
    assert.ok(world.tables.boundAddresses.rows.has('198.51.100.20'));
    world.translator.nodeAddressesChanged([ip('198.51.100.20')]);
    world.translate();
    assert.ok(!world.tables.boundAddresses.rows.has('198.51.100.20'));
    assert.ok(world.tables.virtualServers.rows.has('TCP 198.51.100.20:80'));
    world.translator.nodeAddressesChanged([]);
    world.translate();
    assert.ok(world.tables.boundAddresses.rows.has('198.51.100.20'));
  });

  it('no longer concern a Service that gave up its node port, or is gone', () => {
    const world = cluster();
    world.store.setService(service({ name: 'external-0', clusterIPs: [ip('10.96.1.0')] }));
    world.store.deleteService('default/external-1');
    world.translate();
    world.translator.nodeAddressesChanged([]);
    assert.deepEqual(world.translate(), ['default/external-2']);
  });
});

describe('the Node object', () => {
  it('concerns every Service when it changes', () => {
    const world = new TranslatorWorld();
    world.store.setService(service());
    world.store.setService(other);
    world.translate();
    world.store.setNode(node());
    assert.deepEqual(world.translate(), ['default/web', 'default/other']);
  });

  it('brings the addresses of node ports where these are the primary ones', () => {
    const world = new TranslatorWorld({ nodePortAddresses: { kind: 'primary' } });
    world.translator.nodeAddressesChanged([ip('192.0.2.10'), ip('198.18.0.5')]);
    world.store.setService(service({ ports: [servicePort({ nodePort: 30_080 })] }));
    world.translate();
    assert.deepEqual([...world.tables.virtualServers.rows.keys()], [webKey]);
    world.store.setNode(node({ primaryAddresses: [ip('198.18.0.5')] }));
    world.translate();
    assert.deepEqual(
      [...world.tables.virtualServers.rows.keys()],
      [webKey, 'TCP 198.18.0.5:30080'],
    );
  });
});

describe('a scheduler that the kernel lacks', () => {
  const annotations = new Map([['kube-ipvs.io/scheduler', 'mh']]);

  it('is left for the default, and tried anew when it is time', () => {
    const world = new TranslatorWorld();
    world.store.setService(service({ annotations }));
    world.translate();
    const scheduler = () => world.tables.virtualServers.rows.get(webKey)?.scheduler;
    assert.equal(scheduler(), 'mh');
    assert.equal(world.translator.schedulerIsMissing('mh'), true);
    world.translate();
    assert.equal(scheduler(), 'rr');
    assert.equal(world.problems.length, 1);
    assert.match(world.problems[0] ?? '', /^SchedulerMissing Service default\/web: /);
    world.translator.retryMissingSchedulers();
    world.translate();
    assert.equal(scheduler(), 'mh');
  });

  it('is no work when it is known already, and none to be tried anew is none', () => {
    const world = new TranslatorWorld();
    world.store.setService(service({ annotations }));
    world.translate();
    world.translator.retryMissingSchedulers();
    assert.equal(world.translator.hasWork, false);
    world.translator.schedulerIsMissing('mh');
    world.translate();
    assert.equal(world.translator.schedulerIsMissing('mh'), false);
    assert.equal(world.translator.hasWork, false);
  });
});
