import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { serviceWith } from '../support/cli-clusters.ts';
import { TestFolder } from '../support/cli-folder.ts';
import { livez } from '../support/client-view.ts';
import { KernelDaemon } from '../support/kernel-daemon.ts';
import { emptyKernel, shell } from '../support/kernel-state.ts';
import { becomes, weights } from '../support/kernel-table.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';

const [a, b] = ['10.244.1.1', '10.244.1.2'] as const;

/** Moves the wall clock, as a wrong time server would. */
async function step(seconds: number): Promise<void> {
  await shell(`date -s "@$(($(date +%s) + ${seconds}))" >/dev/null`);
}

/** What drains is looked at every second. */
const longerThanALookMs = 1500;

const hour = 3600;
const month = 31 * 24 * hour;

describe('a step of the wall clock', function () {
  let folder: TestFolder;
  let daemon: KernelDaemon;
  let servers: readonly EchoServer[] = [];

  /** The clock is right again at the end: mocha measures a test by it. */
  async function stepped(seconds: number, work: () => Promise<void>): Promise<void> {
    await step(seconds);
    try {
      await work();
    } finally {
      await step(-seconds);
    }
  }

  before(async function () {
    if (process.env['KUBE_IPVS_IN_TEST_KERNEL'] !== 'uml') {
      // The clock of this machine is not the test's.
      this.skip();
    }
    await emptyKernel();
    await shell(`ip link add pods0 type dummy; ip link set pods0 up
      for i in 1 2; do ip addr add 10.244.1.$i/32 dev pods0; done`);
    servers = await Promise.all([a, b].map((address) => EchoServer.listen(address, address, 8080)));
    folder = new TestFolder();
    put('slow', '10.96.0.1', '600s', [a, b]);
    put('fast', '10.96.0.2', '4s', [a, b]);
    daemon = await KernelDaemon.start(folder.manifests, 'node-a', { ipvs: { syncPeriod: '5s' } });
  });
  after(async () => {
    if (process.env['KUBE_IPVS_IN_TEST_KERNEL'] !== 'uml') {
      return;
    }
    await daemon.stop();
    await Promise.all(servers.map((server) => server.close()));
    folder.delete();
    await emptyKernel();
    await shell('ip link delete pods0');
  });

  function put(name: string, vip: string, drainTimeout: string, pods: readonly string[]): void {
    const annotations = { 'kube-ipvs.io/drain-timeout': drainTimeout };
    folder.write(`${name}.json`, serviceWith(name, vip, pods, { annotations }));
  }

  /** A connection that has arrived at an endpoint. */
  async function connectedTo(vip: string, endpoint: string): Promise<EchoClient> {
    for (let tries = 0; tries < 4; tries += 1) {
      const client = await EchoClient.connect(vip, 80);
      if ((await client.echo('hello')) === `${endpoint}: hello`) {
        return client;
      }
    }
    assert.fail(`no connection has reached ${endpoint}`);
  }

  it('forward, of an hour and of a month, cuts no draining, and nobody takes the process for ill', async () => {
    const client = await drainedFrom('slow', '10.96.0.1', '600s');
    for (const seconds of [hour, month]) {
      await stepped(seconds, async () => {
        assert.equal(await livez(), 200);
        await delay(longerThanALookMs);
        assert.equal(await client.echo('still here'), `${a}: still here`);
        assert.equal(await livez(), 200);
      });
    }
    client.close();
  });

  it('back, of an hour and then of a month, stretches no draining', async () => {
    const client = await drainedFrom('fast', '10.96.0.2', '4s');
    await stepped(-hour, async () => {
      await delay(longerThanALookMs);
      await stepped(-month, async () => {
        await becomes(() => weights('10.96.0.2:80'), { [b]: 1 }, 10_000);
        assert.equal(await livez(), 200);
      });
    });
    client.close();
  });

  /** A connection to an endpoint that drains from now on. */
  async function drainedFrom(name: string, vip: string, timeout: string): Promise<EchoClient> {
    await becomes(() => weights(`${vip}:80`), { [a]: 1, [b]: 1 });
    const client = await connectedTo(vip, a);
    put(name, vip, timeout, [b]);
    await becomes(() => weights(`${vip}:80`), { [a]: 0, [b]: 1 });
    return client;
  }
});
