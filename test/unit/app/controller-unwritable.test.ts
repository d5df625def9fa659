import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { endpoint, ip, service, slice } from '../../support/cluster-objects.ts';
import { pass, running, settled, webKey, withoutClocks } from '../../support/controller-world.ts';
import type { FakeKernel } from '../../support/fake-kernel/fake-kernel.ts';
import type { Request } from '../../support/fake-kernel/request.ts';

type Errno = NonNullable<ReturnType<FakeKernel['refuses']>>;

/** Refuses each change of a virtual server and its real servers. */
function refuseVirtualServers(kernel: FakeKernel, code: Errno): void {
  kernel.refuses = (request) => (isOfVirtualServer(request) ? code : undefined);
}

function isOfVirtualServer({ kind, words }: Request): boolean {
  return kind === 'change' && /(virtual|real) server/.test(words);
}

describe('what the controller takes for a kernel that cannot be written', () => {
  withoutClocks();

  const another = service({ name: 'other', clusterIPs: [ip('10.96.0.2')] });

  for (const code of ['EPERM', 'ENOBUFS', 'ETIMEDOUT', 'nonsense', 'EPROTONOSUPPORT'] as const) {
    it(`${code} to all changes of a kind, told once whatever changes`, async () => {
      const { store, kernel, unwritable, told } = await running();
      refuseVirtualServers(kernel, code);
      store.setSlice(slice([endpoint('10.244.1.2')]));
      await settled();
      // Behind an answer that makes no sense there might be another one.
      await pass(1);
      assert.deepEqual(unwritable, ['virtual server']);
      store.setService(another);
      await settled();
      await pass(1);
      await pass(1000);
      await pass(1);
      assert.deepEqual(unwritable, ['virtual server']);
      assert.equal(told.filter((line) => line.startsWith('failure virtual server')).length, 1);
      kernel.refuses = () => undefined;
      await pass(60_000);
      assert.deepEqual(unwritable, []);
    });
  }

  it('a batch that fails as a whole', async () => {
    const { store, kernel, unwritable, told } = await running();
    kernel.route.deleteLink('kube-ipvs0');
    kernel.route.kinds = new Set();
    store.setService(another);
    await settled();
    await pass(100);
    assert.match(told.at(-1) ?? '', /the link kube-ipvs0 cannot be made/);
    assert.deepEqual(unwritable, ['bound address']);
    kernel.route.kinds = new Set(['dummy']);
    await pass(200);
    assert.deepEqual(unwritable, []);
  });

  for (const code of ['EINVAL', 'ENOMEM', 'EEXIST', 'ENOENT', 'EACCES'] as const) {
    it(`not one Service that is refused with ${code}`, async () => {
      const { store, kernel, unwritable, told } = await running();
      refuseVirtualServers(kernel, code);
      store.setSlice(slice([endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(unwritable, []);
      assert.equal(told.length, 1);
    });
  }

  it('not one whose answers are lost, while others get through', async () => {
    const { store, kernel, unwritable } = await running();
    kernel.refuses = ({ object }) => (object === webKey ? 'ETIMEDOUT' : undefined);
    store.setSlice(slice([endpoint('10.244.1.2')]));
    store.setService(another);
    await settled();
    assert.deepEqual(unwritable, []);
  });

  it('no longer, once nothing is wanted that fails', async () => {
    const { store, kernel, unwritable } = await running();
    kernel.refuses = ({ words }) => (words.startsWith('bind') ? 'EPERM' : undefined);
    store.setService(another);
    await settled();
    assert.deepEqual(unwritable, ['bound address']);
    store.deleteService('default/other');
    await settled();
    assert.deepEqual(unwritable, []);
  });
});

describe('a step of the wall clock', () => {
  withoutClocks();

  for (const hours of [-1, 1, -24 * 40]) {
    it(`of ${hours} hours changes no back-off`, async () => {
      const { store, kernel, log, reconciler } = await running();
      const refused = { kind: 'refused', code: 'ENOMEM' } as const;
      kernel.addFaults(webKey, refused);
      const answer = kernel.stall('generic');
      store.setService(service({ sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 60 } }));
      await settled();
      const steppedTo = Date.now() + hours * 3_600_000;
      mock.method(Date, 'now', () => steppedTo);
      answer();
      await settled();
      const { rounds } = reconciler;
      await pass(99);
      assert.deepEqual([log.length, reconciler.rounds], [1, rounds]);
      await pass(1);
      assert.equal(log.length, 2);
      mock.restoreAll();
    });
  }
});
