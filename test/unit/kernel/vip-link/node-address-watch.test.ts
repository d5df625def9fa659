import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { MonitorListener } from '../../../../src/kernel/vip-link/address-monitor.ts';
import type { KernelAddress, KernelLink } from '../../../../src/kernel/vip-link/messages.ts';
import { NodeAddressWatch } from '../../../../src/kernel/vip-link/node-address-watch.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { settled } from '../../../support/controller-world.ts';

const rereadEveryMs = 30_000;

/** A node with eth0 and the VIP link, and a monitor that says what the test says. */
class World {
  eth0: readonly string[] = ['192.0.2.10'];
  vips: readonly string[] = ['10.96.0.1'];
  error: Error | undefined;
  reads = 0;
  /** How often it was told that they could be read. */
  readings = 0;
  monitor: MonitorListener | undefined;
  readonly monitorCalls: string[] = [];
  /** What was told, in its order. */
  readonly told: string[] = [];
  readonly watch = new NodeAddressWatch(
    this,
    {
      nodeAddresses: (addresses) => this.told.push(addresses.map(String).join(' ')),
      vipLost: () => this.told.push('VIP lost'),
      read: () => (this.readings += 1),
      unreadable: (error) => this.told.push(`failed: ${error.message}`),
      followed: () => undefined,
      unfollowed: (error) => this.told.push(`not followed: ${error.message}`),
    },
    { rereadEveryMs },
    (listener) => {
      this.monitor = listener;
      return {
        start: () => this.monitorCalls.push('start'),
        stop: () => this.monitorCalls.push('stop'),
      };
    },
  );

  links(): Promise<KernelLink[]> {
    this.reads += 1;
    if (this.error !== undefined) {
      return Promise.reject(this.error);
    }
    const link = (index: number, name: string, up: boolean) => ({
      index,
      name,
      kind: undefined,
      alias: undefined,
      up,
    });
    return Promise.resolve([link(2, 'eth0', true), link(7, 'kube-ipvs0', true)]);
  }

  addresses(): Promise<KernelAddress[]> {
    const onLink = (texts: readonly string[], linkIndex: number) =>
      texts.map((text) => ({
        linkIndex,
        address: ip(text),
        prefixLength: 24,
        metric: 0,
        deprecated: false,
        permanent: true,
      }));
    return Promise.resolve([...onLink(this.eth0, 2), ...onLink(this.vips, 7)]);
  }

  notice(...lines: readonly string[]): void {
    lines.forEach((line) => this.monitor?.notice(line));
  }
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await settled();
}

const came = '2: eth0    inet 192.0.2.11/24 scope global eth0';

describe('the watch of node addresses', () => {
  let world = new World();

  beforeEach(async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    world = new World();
    await world.watch.start();
  });
  afterEach(() => {
    world.watch.stop();
    mock.timers.reset();
  });

  it('tells what there is at the start, without the VIP link', () => {
    assert.deepEqual(world.told, ['192.0.2.10']);
    assert.deepEqual(world.monitorCalls, ['start']);
  });

  it('tells all addresses after one came', async () => {
    world.eth0 = ['192.0.2.10', '192.0.2.11'];
    world.notice(came);
    await pass(10);
    assert.deepEqual(world.told, ['192.0.2.10', '192.0.2.10 192.0.2.11']);
  });

  it('reads once for a burst of notices', async () => {
    world.notice(...Array<string>(100).fill(came));
    await pass(10);
    assert.equal(world.reads, 2);
  });

  it('tells nothing where a notice changes nothing, or only the order', async () => {
    world.eth0 = ['192.0.2.11', '192.0.2.10'];
    world.notice(came);
    await pass(10);
    world.eth0 = ['192.0.2.10', '192.0.2.11'];
    world.notice('Deleted 3: eth1    inet 198.18.0.5/24 scope global eth1');
    await pass(10);
    assert.deepEqual(world.told, ['192.0.2.10', '192.0.2.11 192.0.2.10']);
  });

  for (const line of [
    '7: kube-ipvs0    inet 10.96.0.9/32 scope global kube-ipvs0',
    '7: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN group default',
  ]) {
    it(`does not care for "${line.slice(0, 32)}...": that was ourselves`, async () => {
      world.notice(line);
      await pass(10);
      assert.equal(world.reads, 1);
      assert.deepEqual(world.told, ['192.0.2.10']);
    });
  }

  for (const line of [
    'Deleted 7: kube-ipvs0    inet 10.96.0.1/32 scope global kube-ipvs0',
    'Deleted 7: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN group default',
  ]) {
    it(`tells at once that a VIP is lost after "${line.slice(0, 24)}..."`, () => {
      world.notice(line);
      assert.deepEqual(world.told, ['192.0.2.10', 'VIP lost']);
    });
  }

  it('does not take a link whose name only begins so for the VIP link', async () => {
    world.notice('Deleted 8: kube-ipvs01    inet 10.96.0.1/32 scope global kube-ipvs01');
    await pass(10);
    assert.equal(world.reads, 2);
    assert.deepEqual(world.told, ['192.0.2.10']);
  });

  it('takes the name of a link for what stands before the @ of its parent', async () => {
    world.notice('9: vlan7@eth0: <BROADCAST> mtu 1500');
    await pass(10);
    assert.equal(world.reads, 2);
  });

  it('reads without a notice every now and then: a notice may have been lost', async () => {
    world.eth0 = ['192.0.2.12'];
    await pass(rereadEveryMs);
    await pass(10);
    assert.deepEqual(world.told, ['192.0.2.10', '192.0.2.12']);
  });

  it('tells of a read that failed, and reads again', async () => {
    world.error = new Error('no answer');
    world.notice(came);
    await pass(10);
    world.error = undefined;
    world.eth0 = [];
    world.notice(came);
    await pass(10);
    assert.deepEqual(world.told, ['192.0.2.10', 'failed: no answer', '']);
  });

  it('tells what its monitor tells of itself', () => {
    world.monitor?.failed(new Error('has ended'));
    assert.deepEqual(world.told, ['192.0.2.10', 'not followed: has ended']);
  });

  it('rejects where the first read fails', async () => {
    const other = new World();
    other.error = new Error('no answer');
    await assert.rejects(other.watch.start(), /no answer/);
    other.watch.stop();
  });

  it('stops its monitor and tells nothing more', async () => {
    world.notice(came);
    world.watch.stop();
    world.eth0 = [];
    await pass(rereadEveryMs + 10);
    assert.deepEqual(world.monitorCalls, ['start', 'stop']);
    assert.deepEqual(world.told, ['192.0.2.10']);
  });
});
