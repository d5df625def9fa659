import assert from 'node:assert/strict';
import { switchesOfFlags } from '../../src/kernel/ipvs/setting-flags.ts';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import type { Operation, VirtualServerSettings } from '../../src/kernel/ipvs/model.ts';
import { readOne, readTable } from '../../src/kernel/ipvs/read-table.ts';
import { emptyKernel } from '../support/kernel-state.ts';
import { ipvsadm, shownTable } from '../support/ipvsadm.ts';
import { plainSettings, realServer, virtualServer } from '../support/ipvs-examples.ts';

const ipv4 = virtualServer('10.96.0.1');
const ipv6 = virtualServer('fd00:96::1');

describe('the settings of the kernel', () => {
  let client: IpvsClient;

  before(async () => {
    await emptyKernel();
    client = await IpvsClient.connect();
  });
  afterEach(emptyKernel);
  after(() => {
    client.close();
  });

  async function succeed(...operations: readonly Operation[]): Promise<void> {
    const outcomes = await client.execute(operations);
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.message),
      operations.map(() => undefined),
    );
  }

  describe('for a virtual server are as asked', () => {
    const cases: readonly [
      string,
      typeof ipv4,
      Partial<VirtualServerSettings>,
      string | undefined,
    ][] = [
      ['without any options', ipv4, {}, undefined],
      ['persistent', ipv4, { persistence: { timeoutSeconds: 600, prefixLength: 32 } }, '-p 600'],
      [
        'persistent by /24',
        ipv4,
        { persistence: { timeoutSeconds: 10_800, prefixLength: 24 } },
        '-p 10800 -M 255.255.255.0',
      ],
      [
        'persistent over IPv6',
        ipv6,
        { persistence: { timeoutSeconds: 86_400, prefixLength: 128 } },
        '-p 86400',
      ],
      [
        'persistent over IPv6 by /64',
        ipv6,
        { persistence: { timeoutSeconds: 1, prefixLength: 64 } },
        '-p 1 -M 64',
      ],
      ['one-packet', virtualServer('10.96.0.1', 53, 'UDP'), { onePacket: true }, '-o'],
      ['sh with its port', ipv4, { scheduler: 'sh', schedulerFlags: 2 }, '-b sh-port'],
      [
        'mh with fall-back and port',
        ipv6,
        { scheduler: 'mh', schedulerFlags: 3 },
        '-b mh-fallback,mh-port',
      ],
      ['flags 1 and 3', ipv4, { schedulerFlags: 5 }, '-b flag-1,flag-3'],
      ['ours, which ipvsadm does not show', ipv4, { owned: true }, undefined],
    ];
    for (const [what, id, fields, options] of cases) {
      it(what, async () => {
        const settings = { ...plainSettings, ...fields };
        await succeed({ kind: 'add virtual server', id, settings });
        assert.deepEqual(
          (await shownTable()).map((shown) => [shown.scheduler, shown.options]),
          [[settings.scheduler, options]],
        );
        assert.deepEqual((await client.virtualServer(id))?.settings, settings);
      });
    }
  });

  it('for a virtual server are all replaced when it is changed', async () => {
    const full: VirtualServerSettings = {
      scheduler: 'mh',
      persistence: { timeoutSeconds: 600, prefixLength: 24 },
      schedulerFlags: 3,
      ...switchesOfFlags(0),
      limited: true,
      owned: true,
    };
    for (const [before, after] of [
      [plainSettings, full],
      [full, plainSettings],
    ] as const) {
      await succeed(
        { kind: 'add virtual server', id: ipv4, settings: before },
        { kind: 'change virtual server', id: ipv4, settings: after },
      );
      assert.deepEqual((await client.virtualServer(ipv4))?.settings, after);
      await succeed({ kind: 'delete virtual server', id: ipv4 });
    }
  });

  it('keep our mark through the changes of real servers, and ipvsadm shows no trace of it', async () => {
    await succeed({ kind: 'add virtual server', id: ipv4, settings: plainSettings });
    await succeed({ kind: 'add real server', id: ipv4, realServer: realServer('10.244.0.7') });
    const without = await ipvsadm('-Sn');
    await succeed({
      kind: 'change virtual server',
      id: ipv4,
      settings: { ...plainSettings, owned: true },
    });
    assert.equal(await ipvsadm('-Sn'), without);

    await ipvsadm('-a', '-t', '10.96.0.1:80', '-r', '10.244.0.8:80', '-m');
    await ipvsadm('-e', '-t', '10.96.0.1:80', '-r', '10.244.0.7:8080', '-m', '-w', '9');
    await ipvsadm('-d', '-t', '10.96.0.1:80', '-r', '10.244.0.8:80');
    await ipvsadm('-Z');
    assert.equal((await client.virtualServer(ipv4))?.settings.owned, true);
    assert.equal((await readTable(client)).get('TCP 10.96.0.1:80')?.settings.owned, true);
    const second = await IpvsClient.connect();
    assert.equal((await readOne(second, ipv4))?.settings.owned, true);
    second.close();
  });

  it('for a real server: each forwarding method', async () => {
    const servers = [
      realServer('10.244.0.1', { method: 'masq' }),
      realServer('10.244.0.2', { method: 'tunnel' }),
      realServer('10.244.0.3', { method: 'route' }),
    ];
    await succeed(
      { kind: 'add virtual server', id: ipv4, settings: plainSettings },
      ...servers.map((server): Operation => ({
        kind: 'add real server',
        id: ipv4,
        realServer: server,
      })),
    );
    assert.deepEqual(
      (await shownTable())[0]?.realServers.map(({ method }) => method),
      ['masq', 'tunnel', 'route'],
    );
    await succeed({
      kind: 'change real server',
      id: ipv4,
      realServer: { ...realServer('10.244.0.1'), method: 'route' },
    });
    assert.equal((await shownTable())[0]?.realServers[0]?.method, 'route');
  });

  for (const weight of [0, 1, 65_535]) {
    it(`for a real server: the weight ${weight}`, async () => {
      const server = realServer('fd00:244::7', { weight });
      await succeed(
        { kind: 'add virtual server', id: ipv6, settings: plainSettings },
        { kind: 'add real server', id: ipv6, realServer: server },
      );
      assert.equal((await shownTable())[0]?.realServers[0]?.weight, weight);
      assert.equal((await readOne(client, ipv6))?.realServers[0]?.realServer.weight, weight);
      assert.equal(
        (await readTable(client)).get('TCP [fd00:96::1]:80')?.realServers[0]?.realServer.weight,
        weight,
      );
    });
  }

  it('for a real server: the thresholds of connections', async () => {
    const server = realServer('10.244.0.7', { upperThreshold: 1000, lowerThreshold: 750 });
    await succeed(
      { kind: 'add virtual server', id: ipv4, settings: plainSettings },
      { kind: 'add real server', id: ipv4, realServer: server },
    );
    assert.match(await ipvsadm('-Ln', '--thresholds'), /10\.244\.0\.7:8080 +1000 +750 +0 +0/);
    assert.deepEqual((await client.realServers(ipv4))[0]?.realServer, server);
    await succeed({ kind: 'change real server', id: ipv4, realServer: realServer('10.244.0.7') });
    assert.match(await ipvsadm('-Ln', '--thresholds'), /10\.244\.0\.7:8080 +0 +0 +0 +0/);
  });

  it('for the timeouts of connections are those that ipvsadm shows', async () => {
    const before = await client.timeouts();
    try {
      await client.setTimeouts({ tcpSeconds: 1234, tcpFinSeconds: 56, udpSeconds: 78 });
      assert.match(await ipvsadm('-L', '--timeout'), /: 1234 56 78$/m);
      await client.setTimeouts({ tcpSeconds: 0, tcpFinSeconds: 57, udpSeconds: 0 });
      assert.deepEqual(await client.timeouts(), {
        tcpSeconds: 1234,
        tcpFinSeconds: 57,
        udpSeconds: 78,
      });
    } finally {
      await client.setTimeouts(before);
    }
  });

  it('say the version of IPVS and the size of its table, as ipvsadm does', async () => {
    const { version, connectionTableSize } = await client.info();
    const text = await ipvsadm('-Ln');
    assert.ok(text.includes(`version ${version} (size=${connectionTableSize})`), text);
  });

  it('are gone after a flush, foreign ones too', async () => {
    await ipvsadm('-A', '-f', '7', '-s', 'rr');
    await succeed({ kind: 'add virtual server', id: ipv4, settings: plainSettings });
    await client.flush();
    assert.deepEqual(await shownTable(), []);
    assert.deepEqual(await client.virtualServers(), []);
  });
});
