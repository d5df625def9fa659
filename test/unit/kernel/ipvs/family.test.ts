import assert from 'node:assert/strict';
import { IpvsClient } from '../../../../src/kernel/ipvs/client.ts';
import type { Operation } from '../../../../src/kernel/ipvs/model.ts';
import { FakeKernel } from '../../../support/fake-kernel/fake-kernel.ts';
import { plainSettings, virtualServer } from '../../../support/ipvs-examples.ts';

const id = virtualServer('10.96.0.1');
const add: Operation = { kind: 'add virtual server', id, settings: plainSettings };
const remove: Operation = { kind: 'delete virtual server', id };
const webKey = 'TCP 10.96.0.1:80';
const lookUp = 'family IPVS';

/** A client that found IPVS, of which nothing was asked since. */
async function setUp() {
  const kernel = new FakeKernel();
  const client = await IpvsClient.connect({ deadlineMs: 100 }, kernel.open('generic'));
  kernel.questions.length = 0;
  const lookUps = () => kernel.questions.filter((words) => words === lookUp).length;
  return { kernel, client, lookUps };
}

describe('the IPVS client, when the module was unloaded and loaded', () => {
  it('carries out the same operations with the new number, and tells', async () => {
    const { kernel, client, lookUps } = await setUp();
    let reloads = 0;
    client.onReloaded(() => (reloads += 1));
    kernel.generic.reloadIpvs();
    assert.deepEqual(await client.execute([add]), [undefined]);
    assert.deepEqual(kernel.log, [`add virtual server ${webKey} (scheduler rr)`]);
    assert.equal(reloads, 1);
    assert.deepEqual(await client.execute([remove]), [undefined]);
    assert.deepEqual([lookUps(), reloads], [1, 1]);
  });

  for (const [name, question, ask, expected] of [
    ['lists', 'virtual servers', (client: IpvsClient) => client.virtualServers(), []],
    [
      'asks for one virtual server',
      `virtual server ${webKey}`,
      (client: IpvsClient) => client.virtualServer(id),
      undefined,
    ],
    [
      'asks for real servers',
      `real servers of ${webKey}`,
      (client: IpvsClient) => client.realServers(id),
      [],
    ],
    [
      'asks who it is',
      'info',
      (client: IpvsClient) => client.info(),
      { version: '1.2.1', connectionTableSize: 4096 },
    ],
    [
      'walks the table',
      'virtual servers',
      async (client: IpvsClient) => {
        await client.eachVirtualServer(() => () => undefined);
      },
      undefined,
    ],
  ] as const) {
    it(`${name} with the new number`, async () => {
      const { kernel, client } = await setUp();
      kernel.generic.reloadIpvs();
      assert.deepEqual(await ask(client), expected);
      assert.deepEqual(kernel.questions, [lookUp, question]);
    });

    it(`${name}, all of them at a time, after one look-up`, async () => {
      const { kernel, client, lookUps } = await setUp();
      kernel.generic.reloadIpvs();
      await Promise.all([ask(client), client.execute([add]), ask(client)]);
      assert.ok(lookUps() <= 3);
      assert.deepEqual(await client.execute([remove]), [undefined]);
    });
  }
});

describe('the IPVS client, when the module is gone', () => {
  it('says so of operations, and takes no scheduler for missing', async () => {
    const { kernel, client } = await setUp();
    kernel.generic.ipvsFamily = undefined;
    const [error] = await client.execute([add]);
    assert.equal(error?.code, 'EPROTONOSUPPORT');
    assert.match(error.message, /10\.96\.0\.1.*the kernel has no IPVS any more.*modprobe ip_vs/);
  });

  it('takes no virtual server for absent', async () => {
    const { kernel, client } = await setUp();
    kernel.generic.ipvsFamily = undefined;
    const gone = { code: 'EPROTONOSUPPORT' };
    await assert.rejects(client.virtualServer(id), gone);
    await assert.rejects(client.realServers(id), gone);
    await assert.rejects(client.virtualServers(), gone);
  });

  it('looks for it once a second at the most, since that starts modprobe', async () => {
    const { kernel, client, lookUps } = await setUp();
    kernel.generic.ipvsFamily = undefined;
    for (let times = 0; times < 20; times += 1) {
      await client.execute([add]);
    }
    assert.equal(lookUps(), 1);
  });
});

describe('the IPVS client, when the kernel lacks a scheduler', () => {
  it('still says that, after a look at the number', async () => {
    const { kernel, client, lookUps } = await setUp();
    let reloads = 0;
    client.onReloaded(() => (reloads += 1));
    kernel.ipvs.schedulers = new Set();
    const [error] = await client.execute([add]);
    assert.equal(error?.code, 'ENOENT');
    assert.match(error.message, /has no scheduler/);
    assert.deepEqual([lookUps(), reloads], [1, 0]);
  });
});
