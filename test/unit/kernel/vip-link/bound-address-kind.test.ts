import assert from 'node:assert/strict';
import { AddressError } from '../../../../src/kernel/vip-link/address-error.ts';
import type {
  AddressOperation,
  KernelAddress,
  KernelLink,
} from '../../../../src/kernel/vip-link/messages.ts';
import { ownedMetric } from '../../../../src/kernel/vip-link/protocol.ts';
import { NetlinkError } from '../../../../src/kernel/netlink/netlink-error.ts';
import { BackOff } from '../../../../src/reconcile/back-off.ts';
import {
  BoundAddressKind,
  type VipLinkClient,
} from '../../../../src/kernel/vip-link/bound-address-kind.ts';
import { KindTable } from '../../../../src/reconcile/kind-table.ts';
import { ip } from '../../../support/cluster-objects.ts';

/** Links and addresses in memory; a link that is made anew has another index. */
class FakeLinks implements VipLinkClient {
  link: KernelLink | undefined;
  bound: KernelAddress[] = [];
  made = 0;

  findVipLink() {
    return Promise.resolve(this.link);
  }

  ensureVipLink() {
    if (this.link === undefined) {
      this.made += 1;
      const index = 6 + this.made;
      this.link = { index, name: 'kube-ipvs0', kind: 'dummy', alias: undefined, up: false };
    }
    return Promise.resolve(this.link);
  }

  eachAddress(begin: () => (address: KernelAddress) => void) {
    this.bound.forEach(begin());
    return Promise.resolve();
  }

  execute(linkIndex: number, operations: readonly AddressOperation[]) {
    return Promise.resolve(
      operations.map((operation) => {
        if (linkIndex !== this.link?.index) {
          return new AddressError(operation, new NetlinkError('ENODEV', 'no such device'));
        }
        this.#take(linkIndex, operation);
        return undefined;
      }),
    );
  }

  deleteLink(): void {
    this.link = undefined;
    this.bound = [];
  }

  texts(): string[] {
    return this.bound.map(({ address }) => address.text);
  }

  #take(linkIndex: number, { kind, address }: AddressOperation): void {
    this.bound = this.bound.filter((other) => !other.address.equals(address));
    if (kind !== 'unbind') {
      this.bound.push({
        linkIndex,
        address,
        prefixLength: address.family === 'IPv4' ? 32 : 128,
        metric: ownedMetric,
        deprecated: true,
        permanent: true,
      });
    }
  }
}

async function round(table: Table, nowMs: number) {
  await table.reread(nowMs);
  const added = await table.applyAdditions(nowMs);
  const removed = await table.applyRemovals(nowMs);
  return [...added.failures, ...removed.failures];
}

type Table = ReturnType<typeof setUp>['table'];

function setUp() {
  const links = new FakeLinks();
  const table = new KindTable(new BoundAddressKind(links), new BackOff({ firstMs: 100 }));
  return { links, table };
}

describe('the bound addresses', () => {
  it('need no link while none is desired', async () => {
    const { links, table } = setUp();
    await table.relist();
    await round(table, 0);
    assert.equal(links.made, 0);
  });

  it('make the link with the first of them', async () => {
    const { links, table } = setUp();
    await table.relist();
    table.setDesired('10.96.0.1', ip('10.96.0.1'));
    assert.deepEqual(await round(table, 0), []);
    assert.equal(links.made, 1);
    assert.deepEqual(links.texts(), ['10.96.0.1']);
  });

  it('are bound without an earlier list, too', async () => {
    const { links, table } = setUp();
    await links.ensureVipLink();
    table.setDesired('10.96.0.1', ip('10.96.0.1'));
    assert.deepEqual(await round(table, 0), []);
    assert.equal(links.made, 1);
  });

  it('come back with a new link after somebody deleted it', async () => {
    const { links, table } = setUp();
    table.setDesired('10.96.0.1', ip('10.96.0.1'));
    await round(table, 0);
    links.deleteLink();
    table.setDesired('10.96.0.2', ip('10.96.0.2'));
    const [failure] = await round(table, 0);
    assert.match(failure?.error.message ?? '', /ENODEV/);
    assert.deepEqual(await round(table, 100), []);
    assert.ok(links.texts().includes('10.96.0.2'));
    await table.relist();
    await round(table, 200);
    assert.deepEqual(links.texts().toSorted(), ['10.96.0.1', '10.96.0.2']);
    assert.equal(links.made, 2);
  });

  it('do not wait for one that failed because the link was gone', async () => {
    const { links, table } = setUp();
    table.setDesired('10.96.0.1', ip('10.96.0.1'));
    await round(table, 0);
    links.deleteLink();
    table.setDesired('10.96.0.2', ip('10.96.0.2'));
    await round(table, 0);
    table.setDesired('10.96.0.3', ip('10.96.0.3'));
    assert.deepEqual(await round(table, 1), []);
    assert.deepEqual(links.texts(), ['10.96.0.3']);
  });

  it('are gone with the link, as far as an audit can see', async () => {
    const { links, table } = setUp();
    table.setDesired('10.96.0.1', ip('10.96.0.1'));
    await round(table, 0);
    links.deleteLink();
    await table.relist();
    assert.deepEqual(table.differing(), ['10.96.0.1']);
    assert.deepEqual(await round(table, 0), []);
    assert.deepEqual(links.texts(), ['10.96.0.1']);
  });

  it('are made as they were bound where somebody has changed one', async () => {
    const { links, table } = setUp();
    const { index: linkIndex } = await links.ensureVipLink();
    const preferred = { linkIndex, address: ip('fd00:96::1'), metric: ownedMetric };
    links.bound = [{ ...preferred, prefixLength: 128, deprecated: false, permanent: true }];
    table.setDesired('fd00:96::1', ip('fd00:96::1'));
    await table.relist();
    assert.deepEqual(table.differing(), ['fd00:96::1']);
    assert.deepEqual(await round(table, 0), []);
    await table.relist();
    assert.deepEqual(table.differing(), []);
    assert.equal(links.bound[0]?.deprecated, true);
  });

  it('do not include those of other links', async () => {
    const { links, table } = setUp();
    await links.ensureVipLink();
    links.bound = [
      {
        linkIndex: 2,
        address: ip('10.96.0.1'),
        prefixLength: 32,
        metric: ownedMetric,
        deprecated: false,
        permanent: true,
      },
    ];
    await table.relist();
    assert.deepEqual(table.differing(), []);
  });

  it('do not include those that are to be left alone: they are not unbound', async () => {
    const links = new FakeLinks();
    const { index: linkIndex } = await links.ensureVipLink();
    links.bound = ['10.96.0.1', '10.96.0.2'].map((text) => ({
      linkIndex,
      address: ip(text),
      prefixLength: 32,
      metric: ownedMetric,
      deprecated: false,
      permanent: true,
    }));
    const table = new KindTable(new BoundAddressKind(links, ({ text }) => text === '10.96.0.1'));
    await table.relist();
    assert.deepEqual(await round(table, 0), []);
    assert.deepEqual(links.texts(), ['10.96.0.1']);
  });
});
