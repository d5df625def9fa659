import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { HeldConnections } from '../support/held-connections.ts';
import { ipvsadm } from '../support/ipvsadm.ts';
import { TestCluster, type TestService } from '../support/kernel-cluster.ts';
import { KernelProgram } from '../support/kernel-program.ts';
import { emptyKernel, isBound, shell } from '../support/kernel-state.ts';
import { becomes, listedRealServers, weights } from '../support/kernel-table.ts';
import { patience } from '../support/patience.ts';

const [a, b, c] = ['10.244.1.1', '10.244.1.2', '10.244.1.3'] as const;
const pods = [a, b, c];

/** So far a share may be from what the weights say. */
const tolerance = 0.05;

describe('traffic as annotations want it', function () {
  this.timeout(120_000 * patience);
  let cluster: TestCluster;
  let program: KernelProgram;
  let clients: HeldConnections;

  before(async () => {
    await emptyKernel();
    await shell(`
      ip link add pods0 type dummy; ip link set pods0 up; ip addr add 10.1.0.1/32 dev pods0
      for i in 1 2 3; do ip addr add 10.244.1.$i/32 dev pods0; done
      echo 0 >/proc/sys/net/ipv4/icmp_ratelimit`);
    clients = await HeldConnections.start();
    cluster = new TestCluster();
    program = await KernelProgram.start(cluster.store);
  });
  after(async () => {
    clients.stop();
    await program.stop();
    await emptyKernel();
    await shell('ip link delete pods0');
    assert.deepEqual(program.errors, []);
  });

  let services = 0;
  async function newService(
    annotations: Readonly<Record<string, string>>,
    fields: Partial<TestService> = {},
  ) {
    services += 1;
    const name = `service-${services}`;
    const vip = `10.96.0.${services}`;
    cluster.putService(name, { clusterIP: vip, annotations: prefixed(annotations), ...fields });
    await becomes(() => isBound(vip), true);
    const annotate = (changed: Readonly<Record<string, string>>): void => {
      cluster.putService(name, { clusterIP: vip, annotations: prefixed(changed), ...fields });
    };
    return { name, vip, virtualServer: `${vip}:80`, annotate };
  }

  async function activeAt(virtualServer: string): Promise<readonly number[]> {
    const listed = await listedRealServers(virtualServer);
    return pods.map((pod) => listed[pod]?.active ?? 0);
  }

  for (const { scheduler, flags, connections } of [
    { scheduler: 'wrr', connections: 200 },
    { scheduler: 'wlc', connections: 200 },
    { scheduler: 'sed', connections: 200 },
    { scheduler: 'nq', connections: 200 },
    { scheduler: 'mh', flags: 'mh-port', connections: 2000 },
    { scheduler: 'sh', flags: 'sh-port', connections: 1024 },
  ]) {
    it(`is spread by weight within 5% by ${scheduler}`, async () => {
      const { name, vip, virtualServer } = await newService({
        scheduler,
        ...(flags === undefined ? {} : { 'scheduler-flags': flags }),
      });
      cluster.putEndpoints(name, [c]);
      cluster.putWeighed(name, [a], 5);
      cluster.putWeighed(name, [b], 3);
      cluster.putWeighed(name, [c], 2);
      await becomes(() => weights(virtualServer), { [a]: 5, [b]: 3, [c]: 2 });
      assert.deepEqual(await clients.open(vip, connections), {
        taken: connections,
        refused: 0,
        silent: 0,
      });
      const active = await activeAt(virtualServer);
      const shares = active.map((count) => count / connections);
      console.log(
        `        ${scheduler}: ${shares.map((share) => `${(share * 100).toFixed(1)}%`).join(' ')} of ${connections}, weights 5 3 2`,
      );
      [0.5, 0.3, 0.2].forEach((wanted, index) => {
        assert.ok(
          Math.abs((shares[index] ?? 0) - wanted) < tolerance,
          `${pods[index]}: ${shares[index]}`,
        );
      });
    });
  }

  it('is weighed and limited anew in place: open connections go on', async () => {
    const { name, vip, virtualServer, annotate } = await newService({ scheduler: 'wrr' });
    cluster.putEndpoints(name, [{ address: a, nodeName: 'node-a' }, b]);
    await becomes(() => weights(virtualServer), { [a]: 1, [b]: 1 });
    await clients.open(vip, 20);
    annotate({ scheduler: 'wrr', 'locality-weights': 'same-node=7', 'max-connections': '500/400' });
    await becomes(() => weights(virtualServer), { [a]: 7, [b]: 1 });
    const limited = ['500', '400'];
    await becomes(() => limits(virtualServer), [limited, limited]);
    annotate({ scheduler: 'wlc', 'locality-weights': 'same-node=7,other=0' });
    await becomes(() => weights(virtualServer), { [a]: 7, [b]: 0 });
    assert.deepEqual(await activeAt(virtualServer), [10, 10, 0]);
  });

  it('keeps to the limit of connections under load, and refuses what comes on top', async () => {
    const { name, vip, virtualServer } = await newService({
      scheduler: 'wrr',
      'max-connections': '20',
    });
    cluster.putEndpoints(name, pods);
    await becomes(
      () => limits(virtualServer),
      pods.map(() => ['20', '0']),
    );
    const held = await clients.open(vip, 100);
    console.log(`        limit 20 at 3 Pods, 100 connections: ${JSON.stringify(held)}`);
    assert.deepEqual(await activeAt(virtualServer), [20, 20, 20]);
    assert.deepEqual(held, { taken: 60, refused: 40, silent: 0 });
  });

  describe('one packet at a time', () => {
    const counts = new Map<string, number>();
    let sockets: readonly Socket[] = [];

    before(async () => {
      sockets = await Promise.all(
        pods.map(async (pod) => {
          const socket = createSocket('udp4');
          socket.on('message', () => counts.set(pod, (counts.get(pod) ?? 0) + 1));
          socket.bind(8080, pod);
          await once(socket, 'listening');
          return socket;
        }),
      );
    });
    after(() => {
      sockets.forEach((socket) => socket.close());
    });

    async function spreadOf(vip: string, packets: number): Promise<readonly number[]> {
      counts.clear();
      const socket = createSocket('udp4');
      for (let packet = 0; packet < packets; packet += 1) {
        socket.send('x', 80, vip);
        if (packet % 20 === 0) {
          await delay(20);
        }
      }
      await becomes(() => [...counts.values()].reduce((sum, count) => sum + count, 0), packets);
      socket.close();
      return pods.map((pod) => counts.get(pod) ?? 0);
    }

    for (const { value, expected } of [
      { value: 'true', expected: [100, 100, 100] },
      { value: 'false', expected: [0, 0, 300] },
    ]) {
      it(`spreads the packets of one socket: ${value}`, async () => {
        const { name, vip, virtualServer } = await newService(
          { 'one-packet': value },
          { protocol: 'UDP' },
        );
        cluster.putEndpoints(name, pods, 'UDP');
        await becomes(() => weights(virtualServer, 'UDP'), { [a]: 1, [b]: 1, [c]: 1 });
        const spread = await spreadOf(vip, 300);
        console.log(`        one-packet ${value}: ${spread.join(' ')}`);
        assert.deepEqual([...spread].sort(), [...expected].sort());
      });
    }
  });

  it('gives an endpoint that becomes ready its weight in steps, over a restart of the program too', async () => {
    const seconds = 9;
    const { name, virtualServer } = await newService({
      scheduler: 'wrr',
      'slow-start': `${seconds}s`,
    });
    const weightOfB = async () => (await weights(virtualServer))[b] ?? 0;
    cluster.putEndpoints(name, [a]);
    await becomes(() => weights(virtualServer), { [a]: 10 });
    cluster.putEndpoints(name, [a, b]);
    await becomes(weightOfB, 1);
    const startedAt = performance.now();
    const curve: string[] = [];
    const seen: number[] = [];
    async function follow(end: number): Promise<void> {
      for (let weight = 0; weight < end;) {
        await delay(50);
        weight = await weightOfB();
        const seconds = (performance.now() - startedAt) / 1000;
        assert.ok(seconds < 60 * patience, curve.join(' '));
        if (weight !== seen.at(-1)) {
          seen.push(weight);
          curve.push(`${seconds.toFixed(1)}s:${weight}`);
        }
      }
    }
    await follow(4);
    await program.stop();
    program = await KernelProgram.start(cluster.store);
    const afterRestart = await weightOfB();
    await follow(10);
    console.log(`        slow start of ${seconds} s: ${curve.join(' ')}`);
    assert.ok(afterRestart >= 4 && afterRestart < 10, `${afterRestart} after the restart`);
    assert.deepEqual(
      seen,
      seen.toSorted((x, y) => x - y),
    );
    assert.ok(seen.length >= 7, curve.join(' '));
  });

  it('gives an endpoint in slow start its weight at once where no other is left', async () => {
    const { name, virtualServer } = await newService({ scheduler: 'wrr', 'slow-start': '600s' });
    cluster.putEndpoints(name, [a]);
    await becomes(() => weights(virtualServer), { [a]: 10 });
    cluster.putEndpoints(name, [a, b]);
    await becomes(() => weights(virtualServer), { [a]: 10, [b]: 1 });
    cluster.putEndpoints(name, [b]);
    await becomes(async () => (await weights(virtualServer))[b], 10);
  });
});

function prefixed(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [`kube-ipvs.io/${name}`, value]),
  );
}

/** Upper and lower threshold of each real server. */
async function limits(virtualServer: string): Promise<readonly (readonly string[])[]> {
  const text = await ipvsadm('-Ln', '--thresholds', '-t', virtualServer);
  return Array.from(text.matchAll(/-> \S+ +(\d+) +(\d+)/g), ([, upper = '', lower = '']) => [
    upper,
    lower,
  ]);
}
