import assert from 'node:assert/strict';
import { AddressClient } from '../../src/kernel/vip-link/client.ts';
import type { AddressOperation } from '../../src/kernel/vip-link/messages.ts';
import { ownedMetric } from '../../src/kernel/vip-link/protocol.ts';
import { emptyKernel, shell, shownKernel } from '../support/kernel-state.ts';
import { runCommand } from '../support/run-command.ts';
import { ip } from '../support/ipvs-examples.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';

const operations = (kind: AddressOperation['kind'], ...addresses: string[]): AddressOperation[] =>
  addresses.map((address) => ({ kind, address: ip(address) }));

describe('the addresses of the kernel', () => {
  let client: AddressClient;

  before(emptyKernel);
  beforeEach(() => {
    client = new AddressClient();
  });
  afterEach(async () => {
    client.close();
    await emptyKernel();
  });

  const boundAddresses = async (): Promise<readonly string[]> =>
    (await shownKernel()).boundAddresses;

  async function succeed(linkIndex: number, changes: readonly AddressOperation[]): Promise<void> {
    const outcomes = await client.execute(linkIndex, changes);
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.message),
      changes.map(() => undefined),
    );
  }

  /** `10.96.0.1/32 ours`, for the addresses of a link. */
  async function readBack(linkIndex: number): Promise<string[]> {
    return (await client.addresses())
      .filter((each) => each.linkIndex === linkIndex)
      .map(
        ({ address, prefixLength, metric }) =>
          `${address.text}/${prefixLength} ${metric === ownedMetric ? 'ours' : 'foreign'}`,
      )
      .sort();
  }

  describe('on the VIP link', () => {
    it('need one that is dummy, down and without ARP, with an alias that says who made it', async () => {
      assert.equal(await client.findVipLink(), undefined);
      const made = await client.ensureVipLink();
      assert.deepEqual(
        { ...made, index: 0 },
        {
          index: 0,
          name: 'kube-ipvs0',
          kind: 'dummy',
          alias: undefined,
          up: false,
        },
      );
      assert.equal((await client.findVipLink())?.alias, 'made by kube-ipvs');
      const text = await runCommand('ip', '-details', 'link', 'show', 'dev', 'kube-ipvs0');
      assert.match(text, /<BROADCAST,NOARP> .* state DOWN/);
      assert.match(text, /^ +dummy /m);
      assert.match(text, /^ +alias made by kube-ipvs$/m);
    });

    it('use one that is there, which stays as it is', async () => {
      await shell('ip link add kube-ipvs0 type dummy; ip link set kube-ipvs0 up');
      const before = await runCommand('ip', '-details', 'link', 'show', 'dev', 'kube-ipvs0');
      const link = await client.ensureVipLink();
      assert.equal(link.up, true);
      assert.equal(link.alias, undefined);
      assert.equal(await runCommand('ip', '-details', 'link', 'show', 'dev', 'kube-ipvs0'), before);
    });

    it('cannot be where the name belongs to a link of another kind', async () => {
      await shell('ip link add kube-ipvs0 type bridge');
      const refusal = { name: 'VipLinkError', message: /kube-ipvs0 exists and is of kind bridge/ };
      await assert.rejects(client.ensureVipLink(), refusal);
      await assert.rejects(client.findVipLink(), refusal);
    });

    it('go with the link when that is deleted', async () => {
      const link = await client.ensureVipLink();
      await succeed(link.index, operations('bind', '10.96.0.1'));
      await client.deleteLink(link);
      assert.equal(await client.findVipLink(), undefined);
      assert.deepEqual(await boundAddresses(), []);
      await assert.rejects(client.deleteLink(link), { code: 'ENODEV' });
    });
  });

  it('are bound as single hosts of both families, with our mark, and unbound', async () => {
    const { index } = await client.ensureVipLink();
    await succeed(index, operations('bind', '10.96.0.1', '10.96.0.2', 'fd00:96::1', 'fd00:96::2'));
    assert.deepEqual(await boundAddresses(), [
      '10.96.0.1/32',
      '10.96.0.2/32',
      'fd00:96::1/128',
      'fd00:96::2/128',
    ]);
    assert.deepEqual(await readBack(index), [
      '10.96.0.1/32 ours',
      '10.96.0.2/32 ours',
      'fd00:96::1/128 ours',
      'fd00:96::2/128 ours',
    ]);
    await succeed(index, operations('unbind', '10.96.0.1', 'fd00:96::1'));
    assert.deepEqual(await boundAddresses(), ['10.96.0.2/32', 'fd00:96::2/128']);
  });

  it('answer at once, IPv6 too, though the link is down', async () => {
    const { index } = await client.ensureVipLink();
    await succeed(index, operations('bind', '10.96.0.1', 'fd00:96::1'));
    const text = await runCommand('ip', 'addr', 'show', 'dev', 'kube-ipvs0');
    assert.doesNotMatch(text, /tentative|dadfailed/);
    for (const address of ['10.96.0.1', 'fd00:96::1']) {
      const server = await EchoServer.listen('here', address, 8080);
      const connection = await EchoClient.connect(address, 8080);
      assert.equal(await connection.echo('hello'), 'here: hello');
      connection.close();
      await server.close();
    }
  });

  it('that others have bound are told from ours, and stay', async () => {
    const { index } = await client.ensureVipLink();
    await shell(`
      ip addr add 10.99.0.1/32 dev kube-ipvs0
      ip addr add 10.99.0.2/24 dev kube-ipvs0 metric 5
      ip addr add fd99::1/128 dev kube-ipvs0`);
    await succeed(index, operations('bind', '10.96.0.1', 'fd00:96::1'));
    assert.deepEqual(await readBack(index), [
      '10.96.0.1/32 ours',
      '10.99.0.1/32 foreign',
      '10.99.0.2/24 foreign',
      'fd00:96::1/128 ours',
      'fd99::1/128 foreign',
    ]);
    await succeed(index, operations('unbind', '10.96.0.1', 'fd00:96::1'));
    assert.deepEqual(await boundAddresses(), ['10.99.0.1/32', '10.99.0.2/24', 'fd99::1/128']);
  });

  it('that others have bound become ours when they are adopted, without a gap', async () => {
    await shell(`
      ip link add kube-ipvs0 type dummy
      ip addr add 10.99.0.1/32 dev kube-ipvs0
      ip addr add fd99::1/128 dev kube-ipvs0`);
    const { index } = await client.ensureVipLink();
    await succeed(index, operations('adopt', '10.99.0.1', 'fd99::1'));
    assert.deepEqual(await readBack(index), ['10.99.0.1/32 ours', 'fd99::1/128 ours']);
    const second = new AddressClient();
    assert.equal(
      (await second.addresses()).filter(({ metric }) => metric === ownedMetric).length,
      2,
    );
    second.close();
  });

  it('of other links are seen with their link, and not touched', async () => {
    await shell('ip link add test0 type dummy; ip addr add 192.0.2.10/24 dev test0 metric 27497');
    try {
      const { index } = await client.ensureVipLink();
      await succeed(index, operations('bind', '10.96.0.1'));
      const test0 = (await client.links()).find(({ name }) => name === 'test0');
      assert.deepEqual(await readBack(test0?.index ?? 0), ['192.0.2.10/24 ours']);
      const [refusal] = await client.execute(index, operations('unbind', '192.0.2.10'));
      assert.equal(refusal?.code, 'EADDRNOTAVAIL');
    } finally {
      await shell('ip link delete test0');
    }
  });

  it('are bound by the thousand', async () => {
    const { index } = await client.ensureVipLink();
    const many = Array.from(
      { length: 2000 },
      (_, number) => `10.96.${number >> 8}.${number & 255}`,
    );
    await succeed(index, operations('bind', ...many));
    assert.equal((await boundAddresses()).length, 2000);
    assert.equal((await readBack(index)).filter((each) => each.endsWith(' ours')).length, 2000);
    await succeed(index, operations('unbind', ...many));
    assert.deepEqual(await boundAddresses(), []);
  });
});
