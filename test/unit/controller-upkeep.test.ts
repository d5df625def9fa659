import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { endpoint, ip, service, slice } from '../support/cluster-objects.ts';
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
} from '../support/controller-world.ts';
import { observedAs } from '../support/rows.ts';

describe('the upkeep by the controller', () => {
  withoutClocks();

  describe('when the kernel refuses', () => {
    it('tells it, and tries again after a wait that doubles', async () => {
      const { store, virtualServers, log, told } = await running();
      const refused = { kind: 'refused', code: 'ENOMEM' } as const;
      virtualServers.addFaults(webKey, refused, refused);
      store.setService(service({ sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 60 } }));
      await settled();
      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', /^failure virtual server TCP 10\.96\.0\.1:80: ENOMEM/);
      await pass(99);
      assert.equal(log.length, 1);
      await pass(1);
      assert.equal(log.length, 2);
      await pass(199);
      assert.equal(log.length, 2);
      await pass(1);
      assert.equal(log.length, 3);
      assert.equal(virtualServers.rows.get(webKey)?.settings.persistence?.timeoutSeconds, 60);
    });

    it('goes on with other Services meanwhile', async () => {
      const { store, virtualServers } = await running();
      virtualServers.addFaults(webKey, { kind: 'refused', code: 'ENOMEM' });
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      store.setService(service({ name: 'other', clusterIPs: [ip('10.96.0.2')] }));
      await settled();
      assert.ok(virtualServers.rows.has('TCP 10.96.0.2:80'));
    });
  });

  describe('audits', () => {
    it('at its interval, and repairs drift', async () => {
      const { virtualServers, log } = await running();
      virtualServers.rows.clear();
      await pass(auditEveryMs - 1);
      assert.deepEqual(log, []);
      await pass(1);
      assert.deepEqual(virtualServers.rows, new Map([[webKey, observedAs(webRow)]]));
      virtualServers.rows.clear();
      await pass(auditEveryMs);
      assert.equal(virtualServers.rows.size, 1);
    });

    it('when it is asked to', async () => {
      const { controller, virtualServers } = await running();
      virtualServers.rows.clear();
      controller.requestAudit();
      await settled();
      assert.equal(virtualServers.rows.size, 1);
    });

    it('after the round under way, when it is asked to meanwhile', async () => {
      const { controller, store, virtualServers } = await running();
      const held = Promise.withResolvers<undefined>();
      virtualServers.gate = held.promise;
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      controller.requestAudit();
      held.resolve(undefined);
      await settled();
      assert.equal(virtualServers.lists, 2);
    });

    it('after the first one, when it is asked to while that is under way', async () => {
      const { controller, store, virtualServers } = setUp();
      const held = Promise.withResolvers<undefined>();
      virtualServers.gate = held.promise;
      fill(store);
      controller.start();
      await settled();
      controller.requestAudit();
      held.resolve(undefined);
      await settled();
      assert.equal(virtualServers.lists, 2);
    });

    it('hold up no change while they read the kernel', async () => {
      const { controller, store, virtualServers, log } = await running();
      const held = Promise.withResolvers<undefined>();
      virtualServers.afterListing = held.promise;
      controller.requestAudit();
      await settled();
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      const added = [`add real server 10.244.1.2:8080 to ${webKey}`];
      assert.deepEqual(log, added);
      held.resolve(undefined);
      await settled();
      assert.deepEqual(log, added, 'what was listed before is no reason to add it again');
      assert.equal(virtualServers.lists, 2);
    });

    it('again after a second when the kernel cannot be read, and tells that', async () => {
      const { controller, virtualServers, told } = await running();
      virtualServers.rows.clear();
      virtualServers.listErrors.push(new Error('no answer'));
      controller.requestAudit();
      await settled();
      assert.deepEqual(told, ['audit failed: no answer']);
      await pass(999);
      assert.equal(virtualServers.rows.size, 0);
      await pass(1);
      assert.equal(virtualServers.rows.size, 1);
    });

    it('hold up no change while they fail', async () => {
      const { controller, store, virtualServers, log } = await running();
      virtualServers.listErrors.push(new Error('no answer'));
      controller.requestAudit();
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(log, [`add real server 10.244.1.2:8080 to ${webKey}`]);
    });
  });

  describe('once stopped', () => {
    it('does nothing more, whatever changes', async () => {
      const { controller, store, virtualServers, log, reconciler } = await running();
      virtualServers.addFaults(webKey, { kind: 'refused', code: 'ENOMEM' });
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
      const { controller, virtualServers } = await running();
      await controller.stop();
      assert.deepEqual(virtualServers.rows, new Map([[webKey, observedAs(webRow)]]));
    });

    it('has finished the round under way', async () => {
      const { controller, store, virtualServers } = await running();
      const held = Promise.withResolvers<undefined>();
      virtualServers.gate = held.promise;
      store.setSlice(slice([endpoint('10.244.1.1'), endpoint('10.244.1.2')]));
      await settled();
      const stopped = controller.stop();
      held.resolve(undefined);
      await stopped;
      assert.equal(virtualServers.rows.get(webKey)?.realServers.size, 2);
    });

    it('leaves no timer behind, whatever it was waiting for', async () => {
      mock.timers.reset();
      await settled();
      const before = activeTimers();
      for (const fault of ['change refused', 'kernel unreadable', 'none'] as const) {
        const { controller, store, virtualServers } = setUp();
        if (fault === 'change refused') {
          virtualServers.addFaults(webKey, { kind: 'refused', code: 'ENOMEM' });
        } else if (fault === 'kernel unreadable') {
          virtualServers.listErrors.push(new Error('no answer'));
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
