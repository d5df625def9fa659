import assert from 'node:assert/strict';
import { AddressClient } from '../../../../src/kernel/vip-link/client.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { ip } from '../../../support/ipvs-examples.ts';

function setUp() {
  const kernel = new FakeKernel();
  return { kernel, client: new AddressClient({ deadlineMs: 100 }, kernel.open('route')) };
}

describe('the VIP link', () => {
  it('that exists is taken as it is', async () => {
    const { kernel, client } = setUp();
    const index = kernel.route.addLink('kube-ipvs0', 'dummy');
    assert.equal((await client.ensureVipLink()).index, index);
    assert.deepEqual(kernel.log, []);
  });

  it('that does not exist is made and given an alias', async () => {
    const { kernel, client } = setUp();
    assert.equal(await client.findVipLink(), undefined);
    const { index } = await client.ensureVipLink();
    assert.deepEqual(kernel.log, ['make link kube-ipvs0', 'change link kube-ipvs0']);
    assert.deepEqual(kernel.route.links.at(-1), {
      index,
      name: 'kube-ipvs0',
      kind: 'dummy',
      alias: 'made by kube-ipvs',
      flags: 0x80, // IFF_NOARP, and not up
    });
  });

  it('that another makes meanwhile is taken, and gets no alias of ours', async () => {
    const { kernel, client } = setUp();
    const release = kernel.holdAnswers('links');
    const ensuring = client.ensureVipLink();
    await new Promise(setImmediate);
    const index = kernel.route.addLink('kube-ipvs0', 'dummy');
    release();
    assert.equal((await ensuring).index, index);
    assert.deepEqual(kernel.log, ['make link kube-ipvs0']);
  });

  it('of a kind that is not dummy is refused by name, kind and what to do', async () => {
    const { kernel, client } = setUp();
    kernel.route.addLink('kube-ipvs0', 'bridge');
    await assert.rejects(client.ensureVipLink(), {
      name: 'VipLinkError',
      message: /kube-ipvs0 exists and is of kind bridge.*delete or rename it/,
    });
  });

  it('of hardware is refused too', async () => {
    const { kernel, client } = setUp();
    kernel.route.addLink('kube-ipvs0');
    await assert.rejects(client.findVipLink(), { message: /of kind hardware/ });
  });

  it('that cannot be made for want of dummy links says which module to load', async () => {
    const { kernel, client } = setUp();
    kernel.route.kinds = new Set();
    await assert.rejects(client.ensureVipLink(), {
      name: 'VipLinkError',
      message: /modprobe dummy/,
    });
  });

  it('that cannot be made for another reason says why', async () => {
    const { kernel, client } = setUp();
    kernel.addFaults('kube-ipvs0', { kind: 'refused', code: 'EPERM' });
    await assert.rejects(client.ensureVipLink(), { name: 'VipLinkError', message: /EPERM/ });
  });
});

describe('an address that cannot be changed', () => {
  it('is named with the operation and the errno', async () => {
    const { client } = setUp();
    const { index } = await client.ensureVipLink();
    const operation = { kind: 'unbind' as const, address: ip('fd00::1') };
    const [error] = await client.execute(index, [operation]);
    assert.equal(error?.code, 'EADDRNOTAVAIL');
    assert.equal(error.operation, operation);
    assert.equal(error.outcomeUnknown, false);
    assert.match(error.message, /^unbind fd00::1\/128 on kube-ipvs0: EADDRNOTAVAIL: /);
  });
});
