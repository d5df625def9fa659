import assert from 'node:assert/strict';
import { IpvsClient } from '../../../src/ipvs/client.ts';
import type { Operation } from '../../../src/ipvs/model.ts';
import {
  attribute,
  doneMessage,
  errorMessage,
  FakeKernel,
  netlinkMessage,
} from '../../support/fake-transport.ts';
import { hex } from '../../support/written-bytes.ts';
import { plainSettings, virtualServer } from '../../support/ipvs-examples.ts';

const id = virtualServer('10.96.0.1');
const add: Operation = { kind: 'add virtual server', id, settings: plainSettings };
const command = { newService: 1, getService: 4, getConfig: 13, getInfo: 15 };
const enoent = 2;
const esrch = 3;

/** A kernel whose IPVS has the number that the test says, or is not there. */
class ReloadableKernel {
  family: number | undefined = 28;
  lacksScheduler = false;
  lookUps = 0;
  /** The command of each message that IPVS took. */
  readonly taken: number[] = [];
  readonly #kernel = new FakeKernel(([request], socket) => {
    if (request === undefined) {
      return;
    }
    const { type, sequence, payload } = request;
    const refuse = (errno: number) => {
      socket.reply(errorMessage(sequence, errno));
    };
    if (type === 16) {
      this.lookUps += 1;
      if (this.family === undefined) {
        refuse(enoent);
      } else {
        const number = Buffer.from([this.family, 0]);
        socket.reply(
          netlinkMessage(16, sequence, Buffer.concat([Buffer.alloc(4), attribute(1, number)])),
        );
      }
    } else if (type !== this.family) {
      refuse(enoent);
    } else {
      const asked = payload.readUInt8(0);
      this.taken.push(asked);
      if (asked === command.getInfo) {
        const info = hex('0e010000', '0800 0100 01020100', '0800 0200 00100000');
        socket.reply(netlinkMessage(type, sequence, Buffer.from(info, 'hex')));
      } else if (asked === command.newService) {
        refuse(this.lacksScheduler ? enoent : 0);
      } else if (asked === command.getService && (request.flags & 0x300) !== 0) {
        socket.reply(doneMessage(sequence));
      } else {
        refuse(esrch);
      }
    }
  });

  async connect(): Promise<IpvsClient> {
    const client = await IpvsClient.connect({ deadlineMs: 100 }, this.#kernel.open);
    this.lookUps = 0;
    this.taken.length = 0;
    return client;
  }
}

describe('the IPVS client, when the module was unloaded and loaded', () => {
  it('carries out the same operations with the new number, and tells', async () => {
    const kernel = new ReloadableKernel();
    const client = await kernel.connect();
    let reloads = 0;
    client.onReloaded(() => (reloads += 1));
    kernel.family = 29;
    assert.deepEqual(await client.execute([add]), [undefined]);
    assert.deepEqual(kernel.taken, [command.newService]);
    assert.equal(reloads, 1);
    assert.deepEqual(await client.execute([add]), [undefined]);
    assert.deepEqual([kernel.lookUps, reloads], [1, 1]);
  });

  for (const [name, ask, expected] of [
    ['lists', (client: IpvsClient) => client.virtualServers(), []],
    ['asks for one virtual server', (client: IpvsClient) => client.virtualServer(id), undefined],
    ['asks for real servers', (client: IpvsClient) => client.realServers(id), []],
    [
      'asks who it is',
      (client: IpvsClient) => client.info(),
      { version: '1.2.1', connectionTableSize: 4096 },
    ],
    [
      'walks the table',
      async (client: IpvsClient) => {
        await client.eachVirtualServer(() => () => undefined);
      },
      undefined,
    ],
  ] as const) {
    it(`${name} with the new number`, async () => {
      const kernel = new ReloadableKernel();
      const client = await kernel.connect();
      kernel.family = 29;
      assert.deepEqual(await ask(client), expected);
      assert.ok(kernel.taken.length > 0, 'IPVS was asked');
    });

    it(`${name}, all of them at a time, after one look-up`, async () => {
      const kernel = new ReloadableKernel();
      const client = await kernel.connect();
      kernel.family = 29;
      await Promise.all([ask(client), client.execute([add]), ask(client)]);
      assert.ok(kernel.lookUps <= 3);
      assert.deepEqual(await client.execute([add]), [undefined]);
    });
  }
});

describe('the IPVS client, when the module is gone', () => {
  it('says so of operations, and takes no scheduler for missing', async () => {
    const kernel = new ReloadableKernel();
    const client = await kernel.connect();
    kernel.family = undefined;
    const [error] = await client.execute([add]);
    assert.equal(error?.code, 'EPROTONOSUPPORT');
    assert.match(error.message, /10\.96\.0\.1.*the kernel has no IPVS any more.*modprobe ip_vs/);
  });

  it('takes no virtual server for absent', async () => {
    const kernel = new ReloadableKernel();
    const client = await kernel.connect();
    kernel.family = undefined;
    const gone = { code: 'EPROTONOSUPPORT' };
    await assert.rejects(client.virtualServer(id), gone);
    await assert.rejects(client.realServers(id), gone);
    await assert.rejects(client.virtualServers(), gone);
  });

  it('looks for it once a second at the most, since that starts modprobe', async () => {
    const kernel = new ReloadableKernel();
    const client = await kernel.connect();
    kernel.family = undefined;
    for (let times = 0; times < 20; times += 1) {
      await client.execute([add]);
    }
    assert.equal(kernel.lookUps, 1);
  });
});

describe('the IPVS client, when the kernel lacks a scheduler', () => {
  it('still says that, after a look at the number', async () => {
    const kernel = new ReloadableKernel();
    const client = await kernel.connect();
    let reloads = 0;
    client.onReloaded(() => (reloads += 1));
    kernel.lacksScheduler = true;
    const [error] = await client.execute([add]);
    assert.equal(error?.code, 'ENOENT');
    assert.match(error.message, /has no scheduler/);
    assert.deepEqual([kernel.lookUps, reloads], [1, 0]);
  });
});
