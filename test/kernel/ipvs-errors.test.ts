import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import type { Operation } from '../../src/kernel/ipvs/model.ts';
import { NetlinkConnection } from '../../src/kernel/netlink/connection.ts';
import { resolveFamily } from '../../src/kernel/netlink/generic-family.ts';
import { kernelTransport } from '../../src/kernel/netlink/transport.ts';
import { emptyKernel } from '../support/kernel-state.ts';
import { ipvsadm, shownTable } from '../support/ipvsadm.ts';
import { plainSettings, realServer, virtualServer } from '../support/ipvs-examples.ts';

const id = virtualServer('10.96.0.1');
const missing = virtualServer('10.96.9.9');
const add: Operation = { kind: 'add virtual server', id, settings: plainSettings };

describe('what the kernel refuses', () => {
  let client: IpvsClient;

  before(async () => {
    await emptyKernel();
    client = await IpvsClient.connect();
  });
  afterEach(emptyKernel);
  after(() => {
    client.close();
  });

  async function messages(...operations: readonly Operation[]): Promise<(string | undefined)[]> {
    return (await client.execute(operations)).map((outcome) => outcome?.message);
  }

  it('is explained: an unknown scheduler, in an addition and in a change', async () => {
    const settings = { ...plainSettings, scheduler: 'nosuch' };
    const because =
      '(scheduler nosuch): ENOENT: the kernel has no scheduler "nosuch"; its module ip_vs_nosuch could not be loaded';
    assert.deepEqual(
      await messages({ kind: 'add virtual server', id, settings }, add, {
        kind: 'change virtual server',
        id,
        settings,
      }),
      [
        `add virtual server TCP 10.96.0.1:80 ${because}`,
        undefined,
        `change virtual server TCP 10.96.0.1:80 ${because}`,
      ],
    );
    assert.equal((await client.virtualServer(id))?.settings.scheduler, 'rr');
  });

  it('is told of each of 1,000 operations, and the others are carried out', async () => {
    const server = realServer('10.244.0.7');
    const operations = Array.from({ length: 1000 }, (_, index): Operation =>
      index % 7 === 3
        ? { kind: 'add real server', id: missing, realServer: server }
        : {
            kind: 'add virtual server',
            id: virtualServer(`10.97.${index >> 8}.${index & 255}`),
            settings: plainSettings,
          },
    );
    const outcomes = await client.execute(operations);
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.code),
      operations.map((_, index) => (index % 7 === 3 ? 'ESRCH' : undefined)),
    );
    assert.equal((await shownTable()).length, 857);
  });

  it('is told of each operation when all of 5,000 fail: the receive buffers hold the errors', async () => {
    const operations = Array.from({ length: 5000 }, (_, index): Operation => ({
      kind: 'add real server',
      id: virtualServer('fd00:96::1'),
      realServer: realServer('fd00:244::7', { port: index + 1 }),
    }));
    const outcomes = await client.execute(operations);
    assert.ok(outcomes.every((outcome) => outcome?.code === 'ESRCH'));
  });

  it('does not hide what can be read: a virtual server of a protocol that we do not know', async () => {
    const connection = new NetlinkConnection(kernelTransport(16));
    const family = await resolveFamily(connection, 'IPVS');
    const greOutcome = await connection.execute(1, (writer, sequence) => {
      writer.beginMessage(family, 1, sequence);
      writer.u32(0x0101);
      writer.beginNested(1);
      writer.attributeU16(1, 2);
      writer.attributeU16(2, 47);
      writer.attributeBytes(3, Uint8Array.from([10, 9, 9, 9]), 16);
      writer.attributeU16be(4, 80);
      writer.attributeString(6, 'rr');
      writer.attributeU32Pair(7, 0, 0xffff_ffff);
      writer.attributeU32(8, 0);
      writer.attributeU32be(9, 0xffff_ffff);
      writer.endNested();
      writer.endMessage();
    });
    connection.close();
    assert.deepEqual(greOutcome, [undefined]);
    await client.execute([add]);
    assert.deepEqual(
      (await client.virtualServers()).map((observed) => observed.id),
      [id],
    );
  });

  it('is all of it for a process without NET_ADMIN, and connecting says so', async () => {
    const child = `
      const { IpvsClient } = await import(${JSON.stringify(import.meta.resolve('../../src/kernel/ipvs/client.ts'))});
      await IpvsClient.connect().then(() => console.log('connected'), (error) =>
        console.log([error.name, error.reason, error.message].join('|')));`;
    const { stdout } = await promisify(execFile)('setpriv', [
      '--bounding-set=-net_admin',
      '--inh-caps=-net_admin',
      process.execPath,
      '--input-type=module',
      '--eval',
      child,
    ]);
    assert.match(stdout, /^IpvsUnavailableError\|not permitted\|.*NET_ADMIN/);
  });

  it('leaves what ipvsadm has made unharmed', async () => {
    await ipvsadm('-A', '-t', '10.96.0.1:80', '-s', 'wlc', '-p', '60');
    const before = await ipvsadm('-Sn');
    assert.equal((await client.execute([add]))[0]?.code, 'EEXIST');
    assert.equal(await ipvsadm('-Sn'), before);
  });
});
