import assert from 'node:assert/strict';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import type { Operation } from '../../src/kernel/ipvs/model.ts';
import {
  connectionsCounted,
  emptyKernel,
  emptyPacketFilter,
  shell,
  statisticsOf,
} from '../support/kernel-state.ts';
import { plainSettings, realServer, virtualServer } from '../support/ipvs-examples.ts';
import { EchoClient, EchoServer } from '../support/tcp.ts';

const id = virtualServer('10.96.0.1', 80);
const server = realServer('10.77.0.1', { port: 8080 });

describe('a TCP connection through IPVS', () => {
  let client: IpvsClient;
  let echo: EchoServer;
  let connection: EchoClient;

  before(async () => {
    await emptyKernel();
    await emptyPacketFilter();
    await shell(`
      ip link add test0 type dummy
      ip addr add 10.77.0.1/32 dev test0
      ip addr add 10.96.0.1/32 dev test0
      ip link set test0 up`);
    client = await IpvsClient.connect();
    echo = await EchoServer.listen('echo', '10.77.0.1', 8080);
  });
  beforeEach(async () => {
    await succeed(
      { kind: 'add virtual server', id, settings: plainSettings },
      { kind: 'add real server', id, realServer: server },
    );
    connection = await EchoClient.connect('10.96.0.1', 80);
    assert.equal(await connection.echo('before'), 'echo: before');
  });
  afterEach(async () => {
    connection.close();
    await emptyKernel();
  });
  after(async () => {
    await echo.close();
    client.close();
    await shell('ip link delete test0');
  });

  async function succeed(...operations: readonly Operation[]): Promise<void> {
    const outcomes = await client.execute(operations);
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.message),
      operations.map(() => undefined),
    );
  }

  for (const [what, change] of [
    [
      'its virtual server gets another scheduler',
      { kind: 'change virtual server', id, settings: { ...plainSettings, scheduler: 'wlc' } },
    ],
    [
      'its virtual server becomes persistent and ours',
      {
        kind: 'change virtual server',
        id,
        settings: {
          ...plainSettings,
          persistence: { timeoutSeconds: 60, prefixLength: 32 },
          owned: true,
        },
      },
    ],
    [
      'its real server gets the weight 0',
      { kind: 'change real server', id, realServer: { ...server, weight: 0 } },
    ],
    [
      'another real server joins',
      { kind: 'add real server', id, realServer: realServer('10.77.0.9') },
    ],
  ] as const satisfies readonly [string, Operation][]) {
    it(`goes on, and is still counted, when ${what}`, async () => {
      await succeed(change);
      assert.equal(await connection.echo('after'), 'echo: after');
      const observed = (await client.realServers(id)).find(
        ({ realServer: { address } }) => address.text === '10.77.0.1',
      );
      assert.equal(observed?.connections.active, 1);
    });
  }

  it('is counted in the statistics until they are set to zero', async () => {
    await connectionsCounted('10.96.0.1:80', 1);
    assert.equal((await client.virtualServer(id))?.statistics.connections, 1);
    // The kernel kept the real server of the test before, and may count its connection too.
    const [counted] = await client.realServers(id);
    assert.ok((counted?.statistics.connections ?? 0) >= 1);

    await client.zero(id);
    assert.equal((await statisticsOf('10.96.0.1:80')).connections, 0);
    assert.equal((await client.virtualServer(id))?.statistics.connections, 0);
    assert.equal((await client.realServers(id))[0]?.statistics.connections, 0);

    const second = await EchoClient.connect('10.96.0.1', 80);
    second.close();
    await connectionsCounted('10.96.0.1:80', 1);
    await client.zero('all');
    assert.equal((await statisticsOf('10.96.0.1:80')).connections, 0);
  });
});
