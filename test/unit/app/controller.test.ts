import assert from 'node:assert/strict';
import { endpoint, ip, node, service, slice } from '../../support/cluster-objects.ts';
import {
  fill,
  forget,
  pass,
  running,
  setUp,
  settled,
  webKey,
  webRow,
  webSlice,
  vips,
  withoutClocks,
} from '../../support/controller-world.ts';
import { bindVip, putRows, rowsOf } from '../../support/kernel-rows.ts';
import { heldAs, frontEnd } from '../../support/rows.ts';

const noMemory = { kind: 'refused', code: 'ENOMEM' } as const;

describe('the controller', () => {
  withoutClocks();

  describe('at its start', () => {
    it('brings what the store holds to the kernel', async () => {
      const { store, controller, kernel } = await setUp();
      fill(store);
      controller.start();
      await settled();
      assert.deepEqual(rowsOf(kernel), new Map([[webKey, heldAs(webRow)]]));
      assert.deepEqual(vips(kernel), ['10.96.0.1']);
    });

    it('changes nothing that is there and right', async () => {
      const { log, store, controller, told, kernel } = await setUp();
      putRows(kernel, [[webKey, heldAs(webRow)]]);
      bindVip(kernel, ip('10.96.0.1'));
      fill(store);
      controller.start();
      await settled();
      assert.deepEqual(log, []);
      assert.deepEqual(told, ['round 0']);
    });

    it('removes nothing before both lists are complete', async () => {
      const { log, store, controller, kernel } = await setUp();
      putRows(kernel, [['TCP 10.96.0.9:80', heldAs(frontEnd({ address: ip('10.96.0.9') }))]]);
      controller.start();
      store.replaceServices([service()]);
      await settled();
      assert.deepEqual(log, [`add virtual server ${webKey} (scheduler rr)`, 'bind 10.96.0.1']);
      store.replaceSlices([webSlice]);
      await settled();
      assert.deepEqual([...kernel.ipvs.virtualServers.keys()], [webKey]);
    });

    it('keeps the real servers that the kernel has while the slices are not listed', async () => {
      const { log, store, controller, kernel } = await setUp();
      putRows(kernel, [[webKey, heldAs(webRow)]]);
      controller.start();
      store.replaceServices([service()]);
      await settled();
      store.replaceSlices([webSlice]);
      await settled();
      assert.deepEqual(log, ['bind 10.96.0.1']);
    });

    it('removes nothing that lists want which become complete while it reads the kernel', async () => {
      const { log, store, controller, kernel } = await setUp();
      putRows(kernel, [[webKey, heldAs(webRow)]]);
      bindVip(kernel, ip('10.96.0.1'));
      const resume = kernel.stall('generic');
      controller.start();
      await settled();
      fill(store);
      resume();
      await settled();
      assert.deepEqual(log, []);
    });

    it('touches nothing before the kernel could be read, whatever comes meanwhile', async () => {
      const { log, store, controller, told, kernel } = await setUp();
      putRows(kernel, [[webKey, heldAs(webRow)]]);
      kernel.addFaults('links', noMemory, noMemory);
      fill(store);
      controller.start();
      await settled();
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      await pass(1000);
      assert.deepEqual(log, []);
      assert.ok(!process.getActiveResourcesInfo().includes('Immediate'), 'it does not spin');
      assert.deepEqual(told, [
        'audit failed: ENOMEM: not enough memory',
        'audit failed: ENOMEM: not enough memory',
      ]);
      await pass(1999);
      assert.deepEqual(log, [], 'it waits for longer each time');
      await pass(1);
      assert.deepEqual(log, [`add real server 10.244.1.2:8080 to ${webKey}`, 'bind 10.96.0.1']);
    });

    it('is idle while nothing happens, also before the lists are complete', async () => {
      const { store, controller, reconciler, kernel } = await setUp();
      kernel.addFaults(webKey, noMemory);
      controller.start();
      store.replaceServices([service()]);
      await settled();
      await pass(100);
      assert.equal(kernel.ipvs.virtualServers.size, 1);
      const { rounds } = reconciler;
      for (let ms = 0; ms < 1000; ms += 10) {
        await pass(10);
      }
      assert.equal(reconciler.rounds, rounds);
    });
  });

  describe('on a change', () => {
    it('translates the Service of a changed slice, and no other', async () => {
      const world = await running();
      const { store, log, translated } = world;
      store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
      await settled();
      forget(world);
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(translated, ['default/web']);
      assert.deepEqual(log, [`add real server 10.244.1.2:8080 to ${webKey}`]);
    });

    it('asks the kernel for nothing', async () => {
      const { store, kernel } = await running();
      store.setSlice(slice([endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(kernel.questions, []);
    });

    it('removes what a deleted Service had', async () => {
      const { store, kernel } = await running();
      store.deleteService('default/web');
      await settled();
      assert.equal(kernel.ipvs.virtualServers.size + vips(kernel).length, 0);
    });

    it('translates once for changes that come together', async () => {
      const { store, log, translated, told } = await running();
      store.setSlice(slice([endpoint('10.244.1.2')]));
      store.setSlice(slice([endpoint('10.244.1.3')]));
      store.setService(
        service({
          clusterIPs: [ip('10.96.0.1')],
          sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 60 },
        }),
      );
      await settled();
      assert.deepEqual(translated, ['default/web']);
      assert.deepEqual(log, [
        `change virtual server ${webKey} (scheduler rr)`,
        `add real server 10.244.1.3:8080 to ${webKey}`,
        `change real server 10.244.1.1:8080 of ${webKey} (weight 0)`,
      ]);
      assert.deepEqual(told, ['round 3']);
    });

    it('gathers for the next round what comes while the kernel is at work', async () => {
      const { store, translated, told, kernel } = await running();
      const resume = kernel.stall('generic');
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      store.setSlice(slice([endpoint('10.244.1.1')]));
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.3')]));
      await settled();
      assert.deepEqual(translated, ['default/web']);
      resume();
      await settled();
      assert.deepEqual(translated, ['default/web', 'default/web']);
      assert.deepEqual(told, ['round 1', 'round 2']);
      assert.deepEqual(kernel.ipvs.weights(webKey), [
        '10.244.1.1:8080 1',
        '10.244.1.2:8080 0',
        '10.244.1.3:8080 1',
      ]);
    });

    it('of the zone of the node translates every Service', async () => {
      const world = await running();
      const { store, translated, kernel } = world;
      store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
      store.setSlice(
        slice([
          endpoint('10.244.1.1', { hintedZones: ['z1'] }),
          endpoint('10.244.1.2', { hintedZones: ['z2'] }),
        ]),
      );
      await settled();
      forget(world);
      store.setNode(node({ zone: 'z2' }));
      await settled();
      assert.deepEqual(translated, ['default/web', 'default/other']);
      assert.deepEqual(kernel.ipvs.weights(webKey), ['10.244.1.1:8080 0', '10.244.1.2:8080 1']);
    });

    it('tells nothing of a round that changed nothing', async () => {
      const { store, told } = await running();
      store.setService(service({ createdAt: 5 }));
      await settled();
      assert.deepEqual(told, []);
    });
  });

  describe('tells a problem', () => {
    const withScheduler = (value: string) =>
      service({ annotations: new Map([['kube-ipvs.io/scheduler', value]]) });

    it('once, however often its Service is translated', async () => {
      const { store, told } = await running();
      store.setService(withScheduler('best'));
      await settled();
      store.setSlice(slice([endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(told, ['problem Service default/web best', 'round 2']);
    });

    it('again when it is another one', async () => {
      const { store, told } = await running();
      store.setService(withScheduler('best'));
      await settled();
      store.setService(withScheduler('fastest'));
      await settled();
      assert.deepEqual(told, [
        'problem Service default/web best',
        'problem Service default/web fastest',
      ]);
    });

    it('again when it comes back after it was mended, or its Service was deleted', async () => {
      const { store, told } = await running();
      const once = 'problem Service default/web best';
      store.setService(withScheduler('best'));
      await settled();
      store.setService(service());
      await settled();
      store.setService(withScheduler('best'));
      await settled();
      assert.deepEqual(told, [once, once]);
      store.deleteService('default/web');
      await settled();
      store.setService(withScheduler('best'));
      await settled();
      assert.equal(told.filter((line) => line === once).length, 3);
    });
  });
});
