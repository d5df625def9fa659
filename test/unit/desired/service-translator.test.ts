import assert from 'node:assert/strict';
import type { Service } from '../../../src/cluster/objects.ts';
import { endpoint, ip, service, servicePort, slice } from '../../support/cluster-objects.ts';
import { TranslatorWorld } from '../../support/translator-world.ts';

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

  it('knows which Services of policy Local have endpoints on other nodes alone', () => {
    const world = new TranslatorWorld();
    const counts = () => world.translator.servicesWithoutLocalEndpoints();
    world.store.setService(service({ internalTrafficPolicy: 'Local' }));
    world.store.setSlice(slice([]));
    world.translate();
    assert.deepEqual(counts(), { internal: 0, external: 0 });
    world.store.setSlice(slice([endpoint('10.244.2.1', { nodeName: 'node-b' })]));
    world.translate();
    assert.deepEqual(counts(), { internal: 1, external: 0 });
    world.store.setService(service({ externalTrafficPolicy: 'Local' }));
    world.translate();
    assert.deepEqual(counts(), { internal: 0, external: 1 });
    world.store.setSlice(slice([endpoint('10.244.1.1', { nodeName: 'node-a' })]));
    world.translate();
    assert.deepEqual(counts(), { internal: 0, external: 0 });
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
      /^EndpointRefused Service default\/web: .*10\.96\.0\.2 \(a VIP of Service default\/other\)/,
    );
    world.translator.everythingChanged();
    world.translate();
    assert.equal(world.problems.length, 1);
  });

  it('is refused whatever else changes at the same time, and whichever of the two comes first', () => {
    const withOneMore = slice([endpoint('10.244.1.1'), endpoint(vip), endpoint('10.244.1.2')]);
    for (const isFirst of [true, false]) {
      const world = withEndpointAt(vip);
      const comeAbout = [
        () => {
          world.store.setService(other);
        },
        () => {
          world.store.setSlice(withOneMore);
        },
      ];
      (isFirst ? comeAbout : comeAbout.toReversed()).forEach((happen) => {
        happen();
      });
      world.translate();
      assert.equal(world.realServersOf(webKey), '10.244.1.1:8080 10.244.1.2:8080');
    }
  });

  it('is refused at an address that becomes a VIP, and still so after further changes', () => {
    const world = withEndpointAt('203.0.113.9');
    world.store.setService({ ...other, externalIPs: [ip('203.0.113.9')] });
    assert.deepEqual(world.translate(), ['default/other', 'default/web']);
    assert.equal(world.realServersOf(webKey), '10.244.1.1:8080');
    const again = [endpoint('10.244.1.1'), endpoint('203.0.113.9'), endpoint('10.244.1.2')];
    world.store.setSlice(slice(again));
    world.translate();
    assert.equal(world.realServersOf(webKey), '10.244.1.1:8080 10.244.1.2:8080');
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

describe('a scheduler that the kernel lacks', () => {
  const annotations = new Map([['kube-ipvs.io/scheduler', 'mh']]);

  it('is left for the default, and tried anew when it is time', () => {
    const world = new TranslatorWorld();
    world.store.setService(service({ annotations }));
    world.translate();
    const scheduler = () =>
      world.tables.virtualServers.rows.get(webKey)?.virtualServer.settings.scheduler;
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
