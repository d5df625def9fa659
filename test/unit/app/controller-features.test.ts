import assert from 'node:assert/strict';
import { schedulers, type Scheduler } from '../../../src/kernel/ipvs/schedulers.ts';
import { endpoint, ip, service, servicePort, slice } from '../../support/cluster-objects.ts';
import {
  fill,
  forget,
  pass,
  running,
  setUp,
  settled,
  webKey,
  vips,
  withoutClocks,
  type World,
} from '../../support/controller-world.ts';
import { translatorOptions } from '../../support/translator-world.ts';

const annotations = new Map([['kube-ipvs.io/scheduler', 'mh']]);
const tenMinutes = 600_000;

/** The kernel lacks a scheduler until it is told otherwise. */
function lack({ kernel }: World, scheduler: Scheduler | undefined): void {
  const all: readonly Scheduler[] = schedulers;
  kernel.ipvs.schedulers = new Set(all.filter((name) => name !== scheduler));
}

describe('draining under the controller', () => {
  withoutClocks();

  const look = `real servers of ${webKey}`;

  it('is looked at every second, and only while something drains', async () => {
    const { store, kernel } = await running();
    await pass(10_000);
    assert.deepEqual(kernel.questions, []);
    store.setSlice(slice([endpoint('10.244.1.2')]));
    await settled();
    assert.deepEqual(kernel.ipvs.weights(webKey), ['10.244.1.1:8080 0', '10.244.1.2:8080 1']);
    await pass(1000);
    assert.deepEqual(kernel.ipvs.weights(webKey), ['10.244.1.2:8080 1']);
    assert.deepEqual(kernel.questions, [look]);
    await pass(10_000);
    assert.deepEqual(kernel.questions, [look]);
  });

  it('reads nothing but the virtual servers where something drains', async () => {
    const { store, kernel } = await running();
    store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    store.setSlice(slice([]));
    await settled();
    await pass(1000);
    assert.deepEqual(kernel.questions, [look]);
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
    const { told, kernel } = world;
    assert.equal(kernel.ipvs.virtualServers.get(webKey)?.settings.scheduler, 'rr');
    assert.ok(kernel.ipvs.virtualServers.has('TCP 10.96.0.2:80'));
    assert.deepEqual(
      told.filter((line) => !line.startsWith('round')),
      ['problem Service default/web mh'],
    );
  });

  it('leaves a new Service no longer without its virtual server than one round', async () => {
    const world = await setUp();
    lack(world, 'mh');
    world.store.replaceServices([service({ annotations })]);
    world.store.replaceSlices([slice([endpoint('10.244.1.1')])]);
    world.controller.start();
    await settled();
    assert.deepEqual(world.kernel.ipvs.weights(webKey), ['10.244.1.1:8080 1']);
  });

  it('is tried anew after ten minutes, when its module may be there', async () => {
    const world = await running();
    const { store, kernel } = world;
    const scheduler = () => kernel.ipvs.virtualServers.get(webKey)?.settings.scheduler;
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
    const world = await setUp({ translation });
    lack(world, 'mh');
    fill(world.store);
    world.store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    world.controller.start();
    await settled();
    const { told, kernel } = world;
    assert.deepEqual(
      Array.from(kernel.ipvs.virtualServers.values(), ({ settings }) => settings.scheduler),
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
    const { store, told, kernel } = await running();
    const failures = () => told.filter((line) => line.startsWith('failure')).length;
    kernel.addFaults(webKey, refused, refused, refused);
    store.setService(sticky(60));
    await settled();
    await pass(100);
    await pass(200);
    assert.equal(failures(), 1);
    await pass(400);
    assert.equal(kernel.ipvs.virtualServers.get(webKey)?.settings.timeoutSeconds, 60);
    kernel.addFaults(webKey, refused);
    store.setService(sticky(61));
    await settled();
    assert.equal(failures(), 2);
  });

  it('is told again when it is another one', async () => {
    const { store, told, kernel } = await running();
    kernel.addFaults(webKey, refused, { kind: 'refused', code: 'EPERM' });
    store.setService(sticky(60));
    await settled();
    await pass(100);
    assert.deepEqual(
      told.map((line) => /ENOMEM|EPERM/.exec(line)?.[0]),
      ['ENOMEM', 'EPERM'],
    );
  });

  it('with ENODEV says that the VIP link is gone: all is read anew', async () => {
    const { store, kernel } = await running();
    kernel.route.deleteLink('kube-ipvs0');
    store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
    await settled();
    const lists = kernel.questions.filter((words) => words === 'virtual servers');
    assert.equal(lists.length, 1);
    assert.ok(vips(kernel).includes('10.96.0.1'), 'the others are bound again at once');
    await pass(100);
    assert.ok(vips(kernel).includes('10.96.0.2'));
  });

  it('of one object does not make the program unhealthy', async () => {
    const { store, syncs, kernel } = await running();
    const before = syncs.count;
    assert.ok(before > 0);
    kernel.addFaults(webKey, refused);
    store.setService(sticky(60));
    await settled();
    assert.equal(syncs.count, before + 1);
  });

  it('to read the kernel does so too', async () => {
    const { controller, syncs, kernel } = await running();
    const before = syncs.count;
    kernel.addFaults('virtual servers', refused);
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
    const { controller, store, kernel } = await running();
    store.setService(withNodePort);
    controller.nodeAddressesChanged([ip('192.0.2.10')]);
    await settled();
    assert.deepEqual(kernel.ipvs.weights(nodePortKey), ['10.244.1.1:8080 1']);
    assert.deepEqual(vips(kernel), ['10.96.0.1']);
    controller.nodeAddressesChanged([]);
    await settled();
    assert.ok(!kernel.ipvs.virtualServers.has(nodePortKey));
  });

  it('do nothing before the start, when nothing is desired yet, and count at the start', async () => {
    const { controller, store, log, kernel } = await setUp();
    store.replaceServices([withNodePort]);
    store.replaceSlices([]);
    controller.nodeAddressesChanged([ip('192.0.2.10')]);
    await settled();
    assert.deepEqual(kernel.questions, []);
    assert.deepEqual(log, []);
    controller.start();
    await settled();
    assert.ok(kernel.ipvs.virtualServers.has(nodePortKey));
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
