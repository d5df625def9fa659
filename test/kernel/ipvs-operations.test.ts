import assert from 'node:assert/strict';
import { IpvsClient } from '../../src/kernel/ipvs/client.ts';
import {
  formatRealServer,
  type Operation,
  type RealServer,
  type VirtualServerId,
} from '../../src/kernel/ipvs/model.ts';
import { emptyKernel } from '../support/kernel-state.ts';
import { shownTable, type ShownVirtualServer } from '../support/ipvsadm.ts';
import { plainSettings, realServer, virtualServer } from '../support/ipvs-examples.ts';

interface Case {
  readonly what: string;
  readonly id: VirtualServerId;
  readonly shown: Pick<ShownVirtualServer, 'protocol' | 'address'>;
  readonly first: RealServer;
  readonly second: RealServer;
}

const realServers = {
  IPv4: { first: realServer('10.244.0.7'), second: realServer('10.244.0.8', { weight: 5 }) },
  IPv6: { first: realServer('fd00:244::7'), second: realServer('fd00:244::8', { weight: 5 }) },
};

const cases: readonly Case[] = [
  ...(['TCP', 'UDP', 'SCTP'] as const).flatMap((protocol): Case[] => [
    {
      what: `${protocol} over IPv4`,
      id: virtualServer('10.96.0.1', 80, protocol),
      shown: { protocol, address: '10.96.0.1:80' },
      ...realServers.IPv4,
    },
    {
      what: `${protocol} over IPv6`,
      id: virtualServer('fd00:96::1', 80, protocol),
      shown: { protocol, address: '[fd00:96::1]:80' },
      ...realServers.IPv6,
    },
  ]),
  {
    what: 'the firewall mark 7 of IPv4',
    id: { kind: 'fwmark', family: 'IPv4', fwmark: 7 },
    shown: { protocol: 'FWM', address: '7' },
    ...realServers.IPv4,
  },
  {
    what: 'the firewall mark 2147483647 of IPv6',
    id: { kind: 'fwmark', family: 'IPv6', fwmark: 0x7fff_ffff },
    shown: { protocol: 'FWM6', address: '2147483647' },
    ...realServers.IPv6,
  },
];

describe('an operation on the table of the kernel', () => {
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

  for (const { what, id, shown, first, second } of cases) {
    const shownReal = (server: RealServer): ShownVirtualServer['realServers'][number] => ({
      address: formatRealServer(server),
      method: 'masq',
      weight: server.weight,
    });

    it(`adds, changes and deletes a virtual server and its real servers: ${what}`, async () => {
      await succeed({ kind: 'add virtual server', id, settings: plainSettings });
      assert.deepEqual(await shownTable(), [{ ...shown, scheduler: 'rr', realServers: [] }]);

      await succeed(
        { kind: 'add real server', id, realServer: first },
        { kind: 'add real server', id, realServer: second },
        { kind: 'change virtual server', id, settings: { ...plainSettings, scheduler: 'wlc' } },
      );
      assert.deepEqual(await shownTable(), [
        { ...shown, scheduler: 'wlc', realServers: [shownReal(first), shownReal(second)] },
      ]);

      const weightless = { ...first, weight: 0 };
      await succeed(
        { kind: 'change real server', id, realServer: weightless },
        { kind: 'delete real server', id, realServer: second },
      );
      assert.deepEqual(await shownTable(), [
        { ...shown, scheduler: 'wlc', realServers: [shownReal(weightless)] },
      ]);

      await succeed({ kind: 'delete virtual server', id });
      assert.deepEqual(await shownTable(), []);
    });

    it(`is seen in what is read back: ${what}`, async () => {
      await succeed(
        { kind: 'add virtual server', id, settings: plainSettings },
        { kind: 'add real server', id, realServer: first },
      );
      const none = { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };
      const observed = { id, settings: plainSettings, statistics: none };
      assert.deepEqual(await client.virtualServers(), [observed]);
      assert.deepEqual(await client.virtualServer(id), observed);
      assert.deepEqual(await client.realServers(id), [
        {
          realServer: first,
          connections: { active: 0, inactive: 0, persistent: 0 },
          statistics: none,
        },
      ]);
    });
  }

  it('leaves the other family of the same firewall mark alone', async () => {
    const mark = (family: 'IPv4' | 'IPv6'): VirtualServerId => ({
      kind: 'fwmark',
      family,
      fwmark: 7,
    });
    await succeed(
      { kind: 'add virtual server', id: mark('IPv4'), settings: plainSettings },
      { kind: 'add virtual server', id: mark('IPv6'), settings: plainSettings },
      { kind: 'delete virtual server', id: mark('IPv4') },
    );
    assert.deepEqual(
      (await client.virtualServers()).map(({ id }) => id),
      [mark('IPv6')],
    );
  });

  it('takes a firewall mark of 32 bits, which ipvsadm shows as a negative number', async () => {
    const id: VirtualServerId = { kind: 'fwmark', family: 'IPv4', fwmark: 0xffff_ffff };
    await succeed({ kind: 'add virtual server', id, settings: plainSettings });
    assert.deepEqual(
      (await client.virtualServers()).map((observed) => observed.id),
      [id],
    );
  });
});
