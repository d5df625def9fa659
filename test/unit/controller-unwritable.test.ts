import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { endpoint, ip, service, slice } from '../support/cluster-objects.ts';
import { pass, running, settled, webKey, withoutClocks } from '../support/controller-world.ts';
import { FakeKernelError } from '../support/fake-kind.ts';

describe('what the controller takes for a kernel that cannot be written', () => {
  withoutClocks();

  const another = service({ name: 'other', clusterIPs: [ip('10.96.0.2')] });

  for (const code of ['EPERM', 'ENOBUFS', 'ETIMEDOUT', 'EBADMSG', 'EPROTONOSUPPORT']) {
    it(`${code} to all changes of a kind, told once whatever changes`, async () => {
      const { store, virtualServers, unwritable, told } = await running();
      virtualServers.refuses = () => new FakeKernelError(code, 'refused');
      store.setSlice(slice([endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(unwritable, ['virtual server']);
      store.setService(another);
      await settled();
      await pass(1000);
      assert.deepEqual(unwritable, ['virtual server']);
      assert.equal(told.filter((line) => line.startsWith('failure virtual server')).length, 1);
      virtualServers.refuses = () => undefined;
      await pass(60_000);
      assert.deepEqual(unwritable, []);
    });
  }

  it('a batch that fails as a whole', async () => {
    const { store, addresses, unwritable } = await running();
    addresses.applyErrors.push(new Error('the link kube-ipvs0 cannot be made'));
    store.setService(another);
    await settled();
    assert.deepEqual(unwritable, ['bound address']);
    await pass(100);
    assert.deepEqual(unwritable, []);
  });

  for (const code of ['EINVAL', 'ENOMEM', 'EEXIST', 'ENOENT', 'EACCES']) {
    it(`not one Service that is refused with ${code}`, async () => {
      const { store, virtualServers, unwritable, told } = await running();
      virtualServers.refuses = () => new FakeKernelError(code, 'refused');
      store.setSlice(slice([endpoint('10.244.1.2')]));
      await settled();
      assert.deepEqual(unwritable, []);
      assert.equal(told.length, 1);
    });
  }

  it('not one whose answers are lost, while others get through', async () => {
    const { store, virtualServers, unwritable } = await running();
    virtualServers.refuses = ({ id }) =>
      id.kind === 'address' && id.address.text === '10.96.0.1'
        ? new FakeKernelError('ETIMEDOUT', 'silence')
        : undefined;
    store.setSlice(slice([endpoint('10.244.1.2')]));
    store.setService(another);
    await settled();
    assert.deepEqual(unwritable, []);
  });

  it('no longer, once nothing is wanted that fails', async () => {
    const { store, addresses, unwritable } = await running();
    addresses.refuses = () => new FakeKernelError('EPERM', 'refused');
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
      const { store, virtualServers, log, reconciler } = await running();
      const refused = { kind: 'refused', code: 'ENOMEM' } as const;
      virtualServers.addFaults(webKey, refused);
      store.setService(service({ sessionAffinity: { kind: 'ClientIP', timeoutSeconds: 60 } }));
      const steppedTo = Date.now() + hours * 3_600_000;
      virtualServers.gate = Promise.resolve().then(() => {
        mock.method(Date, 'now', () => steppedTo);
      });
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
