import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { endpoint, ip, service, slice } from '../../support/cluster-objects.ts';
import {
  auditEveryMs,
  fill,
  pass,
  running,
  setUp,
  settled,
  webKey,
  webRow,
  withoutClocks,
} from '../../support/controller-world.ts';
import type { FakeKernel } from '../../support/fake-kernel/fake-kernel.ts';
import { rowsOf } from '../../support/kernel-rows.ts';

const noMemory = { kind: 'refused', code: 'ENOMEM' } as const;

/** How often all virtual servers were asked for. */
const lists = ({ questions }: FakeKernel): number =>
  questions.filter((words) => words === 'virtual servers').length;

describe('the upkeep by the controller', () => {
  withoutClocks();

  describe('when the kernel refuses', () => {
    it('tells it, and tries again after a wait that doubles', async () => {
      const { store, log, told, kernel } = await running();
      kernel.addFaults(webKey, noMemory, noMemory);
      store.setService(service({ sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 60 } }));
      await settled();
      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', /^failure virtual server TCP 10\.96\.0\.1:80: .*ENOMEM/);
      await pass(99);
      assert.equal(log.length, 1);
      await pass(1);
      assert.equal(log.length, 2);
      await pass(199);
      assert.equal(log.length, 2);
      await pass(1);
      assert.equal(log.length, 3);
      assert.equal(kernel.ipvs.virtualServers.get(webKey)?.settings.timeoutSeconds, 60);
    });

    it('goes on with other Services meanwhile', async () => {
      const { store, kernel } = await running();
      kernel.addFaults(webKey, noMemory);
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
      await settled();
      assert.ok(kernel.ipvs.virtualServers.has('TCP 10.96.0.2:80'));
    });
  });

  describe('audits', () => {
    it('at its interval, and repairs drift', async () => {
      const { log, kernel } = await running();
      kernel.ipvs.virtualServers.clear();
      await pass(auditEveryMs - 1);
      assert.deepEqual(log, []);
      await pass(1);
      assert.deepEqual(rowsOf(kernel), new Map([[webKey, webRow.virtualServer]]));
      kernel.ipvs.virtualServers.clear();
      await pass(auditEveryMs);
      assert.equal(kernel.ipvs.virtualServers.size, 1);
    });

    it('when it is asked to', async () => {
      const { controller, kernel } = await running();
      kernel.ipvs.virtualServers.clear();
      controller.requestAudit();
      await settled();
      assert.equal(kernel.ipvs.virtualServers.size, 1);
    });

    it('after the round under way, when it is asked to meanwhile', async () => {
      const { controller, store, kernel } = await running();
      const resume = kernel.stall('generic');
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      controller.requestAudit();
      resume();
      await settled();
      assert.equal(lists(kernel), 1);
    });

    it('after the first one, when it is asked to while that is under way', async () => {
      const { controller, store, kernel } = await setUp();
      const resume = kernel.stall('generic');
      fill(store);
      controller.start();
      await settled();
      controller.requestAudit();
      resume();
      await settled();
      assert.equal(lists(kernel), 2);
    });

    it('hold up no change while they read the kernel', async () => {
      const { controller, store, log, kernel } = await running();
      const resume = kernel.holdAnswers('virtual servers');
      controller.requestAudit();
      await settled();
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      const added = [`add real server 10.244.1.2:8080 to ${webKey}`];
      assert.deepEqual(log, added);
      resume();
      await settled();
      assert.deepEqual(log, added, 'what was listed before is no reason to add it again');
      assert.equal(lists(kernel), 1);
    });

    it('again after a second when the kernel cannot be read, and tells that', async () => {
      const { controller, told, kernel } = await running();
      kernel.ipvs.virtualServers.clear();
      kernel.addFaults('virtual servers', noMemory);
      controller.requestAudit();
      await settled();
      assert.deepEqual(told, ['audit failed: ENOMEM: not enough memory']);
      await pass(999);
      assert.equal(kernel.ipvs.virtualServers.size, 0);
      await pass(1);
      assert.equal(kernel.ipvs.virtualServers.size, 1);
    });

    it('hold up no change while they fail', async () => {
      const { controller, store, log, kernel } = await running();
      kernel.addFaults('virtual servers', noMemory);
      controller.requestAudit();
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(log, [`add real server 10.244.1.2:8080 to ${webKey}`]);
    });
  });

  describe('once stopped', () => {
    it('does nothing more, whatever changes', async () => {
      const { controller, store, log, reconciler, kernel } = await running();
      kernel.addFaults(webKey, noMemory);
      store.setService(service({ sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 60 } }));
      await settled();
      await controller.stop();
      const { rounds } = reconciler;
      log.length = 0;
      store.deleteService('default/web');
      await pass(10 * auditEveryMs);
      assert.deepEqual(log, []);
      assert.equal(reconciler.rounds, rounds);
    });

    it('leaves to the kernel what it has', async () => {
      const { controller, kernel } = await running();
      await controller.stop();
      assert.deepEqual(rowsOf(kernel), new Map([[webKey, webRow.virtualServer]]));
    });

    it('has finished the round under way', async () => {
      const { controller, store, kernel } = await running();
      const resume = kernel.stall('generic');
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      const stopped = controller.stop();
      resume();
      await stopped;
      assert.equal(kernel.ipvs.virtualServers.get(webKey)?.realServers.size, 2);
    });

    it('leaves no timer behind, whatever it was waiting for', async () => {
      mock.timers.reset();
      await settled();
      const before = activeTimers();
      for (const fault of ['change refused', 'kernel unreadable', 'none'] as const) {
        const { controller, store, kernel } = await setUp();
        if (fault === 'change refused') {
          kernel.addFaults(webKey, noMemory);
        } else if (fault === 'kernel unreadable') {
          kernel.addFaults('virtual servers', noMemory);
        }
        fill(store);
        controller.start();
        await settled();
        assert.ok(activeTimers() > before, fault);
        store.deleteService('default/web');
        await controller.stop();
        assert.equal(activeTimers(), before, fault);
      }
    });
  });
});

function activeTimers(): number {
  return process
    .getActiveResourcesInfo()
    .filter((resource) => resource === 'Timeout' || resource === 'Immediate').length;
}
