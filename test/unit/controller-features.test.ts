import assert from 'node:assert/strict';
import { IpvsError } from '../../src/ipvs/ipvs-error.ts';
import type { Operation } from '../../src/ipvs/model.ts';
import { NetlinkError } from '../../src/netlink/netlink-error.ts';
import type { Scheduler } from '../../src/translate/scheduler.ts';
import { endpoint, ip, service, servicePort, slice } from '../support/cluster-objects.ts';
import {
  fill,
  forget,
  pass,
  running,
  setUp,
  settled,
  webKey,
  weightsIn,
  withoutClocks,
  type World,
} from '../support/controller-world.ts';
import { translatorOptions } from '../support/translator-world.ts';

const annotations = new Map([['kube-ipvs.io/scheduler', 'mh']]);
const tenMinutes = 600_000;

/** The kernel lacks a scheduler until it is told otherwise. */
function lack({ virtualServers }: World, scheduler: Scheduler | undefined): void {
  virtualServers.refuses = (operation: Operation) =>
    'settings' in operation && operation.settings.scheduler === scheduler
      ? new IpvsError(operation, new NetlinkError('ENOENT', 'no such file or directory'))
      : undefined;
}

describe('draining under the controller', () => {
  withoutClocks();

  it('is looked at every second, and only while something drains', async () => {
    const { store, virtualServers } = await running();
    await pass(10_000);
    assert.deepEqual(virtualServers.reads, []);
    store.setSlice(slice([endpoint('10.244.1.2')]));
    await settled();
    assert.deepEqual(weightsIn(virtualServers, webKey), ['10.244.1.1:8080 0', '10.244.1.2:8080 1']);
    await pass(1000);
    assert.deepEqual(weightsIn(virtualServers, webKey), ['10.244.1.2:8080 1']);
    assert.deepEqual(virtualServers.reads, [webKey]);
    await pass(10_000);
    assert.deepEqual(virtualServers.reads, [webKey]);
  });

  it('reads nothing but the virtual servers where something drains', async () => {
    const { store, virtualServers } = await running();
    store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    store.setSlice(slice([]));
    await settled();
    const { lists } = virtualServers;
    await pass(1000);
    assert.deepEqual(virtualServers.reads, [webKey]);
    assert.equal(virtualServers.lists, lists);
  });
});

describe('a scheduler that the kernel lacks', () => {
  withoutClocks();

  it('costs the Service no more than its choice, and is told once', async () => {
    const world = await running();
    lack(world, 'mh');
    world.store.setService(service({ annotations }));
    world.store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    await settled();
    const { virtualServers, told } = world;
    assert.equal(virtualServers.rows.get(webKey)?.settings.scheduler, 'rr');
    assert.ok(virtualServers.rows.has('TCP 10.96.0.2:80'));
    assert.deepEqual(
      told.filter((line) => !line.startsWith('round')),
      ['problem Service default/web mh'],
    );
  });

  it('leaves a new Service no longer without its virtual server than one round', async () => {
    const world = setUp();
    lack(world, 'mh');
    world.store.replaceServices([service({ annotations })]);
    world.store.replaceSlices([slice([endpoint('10.244.1.1')])]);
    world.controller.start();
    await settled();
    assert.deepEqual(weightsIn(world.virtualServers, webKey), ['10.244.1.1:8080 1']);
  });

  it('is tried anew after ten minutes, when its module may be there', async () => {
    const world = await running();
    const { store, virtualServers } = world;
    const scheduler = () => virtualServers.rows.get(webKey)?.settings.scheduler;
    lack(world, 'mh');
    store.setService(service({ annotations }));
    await settled();
    await pass(tenMinutes);
    assert.equal(scheduler(), 'rr');
    lack(world, undefined);
    await pass(tenMinutes);
    assert.equal(scheduler(), 'mh');
  });

  it('is told as one failure where it is the configured one, and rr serves in its place', async () => {
    const translation = { ...translatorOptions.translation, scheduler: 'mh' } as const;
    const world = setUp({ translation });
    lack(world, 'mh');
    fill(world.store);
    world.store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    world.controller.start();
    await settled();
    const { virtualServers, told } = world;
    assert.deepEqual(
      Array.from(virtualServers.rows.values(), ({ settings }) => settings.scheduler),
      ['rr', 'rr'],
    );
    const failures = told.filter((line) => line.startsWith('failure'));
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', /no scheduler "mh"/);
  });

  it('is an ordinary failure where even rr is missing', async () => {
    const world = await running();
    lack(world, 'rr');
    world.store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    await settled();
    assert.match(world.told[0] ?? '', /^failure virtual server TCP 10\.96\.0\.2:80: .*"rr"/);
  });
});

describe('a failure', () => {
  withoutClocks();
  const refused = { kind: 'refused', code: 'ENOMEM' } as const;
  const sticky = (timeoutSeconds: number) =>
    service({ sessionAffinity: { kind: 'ClientIP', timeoutSeconds } });

  it('is told when it begins, not at each retry, and again when it comes back', async () => {
    const { store, virtualServers, told } = await running();
    const failures = () => told.filter((line) => line.startsWith('failure')).length;
    virtualServers.addFaults(webKey, refused, refused, refused);
    store.setService(sticky(60));
    await settled();
    await pass(100);
    await pass(200);
    assert.equal(failures(), 1);
    await pass(400);
    assert.equal(virtualServers.rows.get(webKey)?.settings.persistence?.timeoutSeconds, 60);
    virtualServers.addFaults(webKey, refused);
    store.setService(sticky(61));
    await settled();
    assert.equal(failures(), 2);
  });

  it('is told again when it is another one', async () => {
    const { store, virtualServers, told } = await running();
    virtualServers.addFaults(webKey, refused, { kind: 'refused', code: 'EPERM' });
    store.setService(sticky(60));
    await settled();
    await pass(100);
    assert.deepEqual(
      told.map((line) => /ENOMEM|EPERM/.exec(line)?.[0]),
      ['ENOMEM', 'EPERM'],
    );
  });

  it('with ENODEV says that the VIP link is gone: all is read anew', async () => {
    const { store, addresses, virtualServers } = await running();
    const { lists } = virtualServers;
    addresses.rows.clear();
    addresses.addFaults('10.96.0.2', { kind: 'refused', code: 'ENODEV' });
    store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    await settled();
    assert.equal(virtualServers.lists, lists + 1);
    assert.ok(addresses.rows.has('10.96.0.1'), 'the others are bound again at once');
    await pass(100);
    assert.ok(addresses.rows.has('10.96.0.2'));
  });

  it('of one object does not make the program unhealthy', async () => {
    const { store, virtualServers, syncs } = await running();
    const before = syncs.count;
    assert.ok(before > 0);
    virtualServers.addFaults(webKey, refused);
    store.setService(sticky(60));
    await settled();
    assert.equal(syncs.count, before + 1);
  });

  it('to read the kernel does so too', async () => {
    const { controller, virtualServers, syncs } = await running();
    const before = syncs.count;
    virtualServers.listErrors.push(new Error('no answer'));
    controller.requestAudit();
    await settled();
    assert.equal(syncs.count, before);
  });
});

describe('the addresses of the node', () => {
  withoutClocks();
  const withNodePort = service({ ports: [servicePort({ nodePort: 30_080 })] });
  const nodePortKey = 'TCP 192.0.2.10:30080';

  it('bring virtual servers for node ports, and take them', async () => {
    const { controller, store, virtualServers, addresses } = await running();
    store.setService(withNodePort);
    controller.nodeAddressesChanged([ip('192.0.2.10')]);
    await settled();
    assert.deepEqual(weightsIn(virtualServers, nodePortKey), ['10.244.1.1:8080 1']);
    assert.deepEqual([...addresses.rows.keys()], ['10.96.0.1']);
    controller.nodeAddressesChanged([]);
    await settled();
    assert.ok(!virtualServers.rows.has(nodePortKey));
  });

  it('do nothing before the start, when nothing is desired yet, and count at the start', async () => {
    const { controller, store, virtualServers, log } = setUp();
    store.replaceServices([withNodePort]);
    store.replaceSlices([]);
    controller.nodeAddressesChanged([ip('192.0.2.10')]);
    await settled();
    assert.equal(virtualServers.lists, 0);
    assert.deepEqual(log, []);
    controller.start();
    await settled();
    assert.ok(virtualServers.rows.has(nodePortKey));
  });
});

describe('a health-check node port', () => {
  withoutClocks();

  it('is told with each change of its Service', async () => {
    const world = await running();
    const { store, told } = world;
    const local = service({ externalTrafficPolicy: 'Local', healthCheckNodePort: 32_000 });
    store.setService(local);
    await settled();
    assert.deepEqual(told, ['health check default/web 32000 0']);
    forget(world);
    store.setSlice(slice([endpoint('10.244.2.1', { nodeName: 'node-a' })]));
    await settled();
    assert.equal(told[0], 'health check default/web 32000 1');
  });
});
