import { IpvsClient } from '../../../src/kernel/ipvs/client.ts';
import type {
  Operation,
  RealServer,
  VirtualServerId,
  VirtualServerSettings,
} from '../../../src/kernel/ipvs/model.ts';
import { readTable } from '../../../src/kernel/ipvs/read-table.ts';
import { ip, plainSettings, realServer, virtualServer } from '../ipvs-examples.ts';
import type { AnyKernel, Scenario } from './scenario.ts';

// No other test's: for two minutes the kernel keeps a deleted real server that had connections, with its
// counters, and takes it up again for the same virtual server (ip_vs_trash_get_dest).
const webAddress = ip('10.96.77.1');
const web = virtualServer(webAddress.text);
const web6 = virtualServer('fd00:96::1');
const marked = { kind: 'fwmark', family: 'IPv4', fwmark: 7 } as const;
const first = realServer('10.244.1.1');
const second = realServer('10.244.1.2');

function add(id = web, settings: Partial<VirtualServerSettings> = {}): Operation {
  return { kind: 'add virtual server', id, settings: { ...plainSettings, ...settings } };
}

function change(settings: Partial<VirtualServerSettings>): Operation {
  return { kind: 'change virtual server', id: web, settings: { ...plainSettings, ...settings } };
}

function serve(
  kind: 'add' | 'change' | 'delete',
  server: RealServer,
  id: VirtualServerId = web,
): Operation {
  return { kind: `${kind} real server`, id, realServer: server };
}

/** The timeout of 300 s is shown in ticks of the kernel: a second has 100, 250, 300 or 1000 of them. */
function withSeconds(block: string): string {
  return block.replace(/persistent (30000|75000|90000|300000) /, 'persistent 300 s ');
}

/** The operations of IPVS one after the other, each with its errno. */
const ipvsOperations: readonly (readonly [Operation, string])[] = [
  [serve('add', first), 'ESRCH'],
  [serve('delete', first), 'ESRCH'],
  [change({}), 'ESRCH'],
  [{ kind: 'delete virtual server', id: web }, 'ESRCH'],
  [add(web, { scheduler: 'unheard' }), 'ENOENT'],
  [add(), 'done'],
  [add(), 'EEXIST'],
  [add(web6, { scheduler: 'wlc' }), 'done'],
  [add(web6, { persistence: { timeoutSeconds: 60, prefixLength: 128 } }), 'EEXIST'],
  [change({ scheduler: 'unheard' }), 'ENOENT'],
  [
    change({
      scheduler: 'sh',
      persistence: { timeoutSeconds: 300, prefixLength: 24 },
      onePacket: true,
      schedulerFlags: 3,
      limited: true,
      owned: true,
    }),
    'done',
  ],
  [serve('change', first), 'ENOENT'],
  [serve('delete', first), 'ENOENT'],
  [serve('add', first), 'done'],
  [serve('add', first), 'EEXIST'],
  [serve('add', { ...second, upperThreshold: 10, lowerThreshold: 5 }), 'done'],
  [serve('add', { ...realServer('10.244.1.3'), lowerThreshold: 5 }), 'ERANGE'],
  [serve('change', { ...first, weight: 0, method: 'route' }), 'done'],
  [serve('change', { ...first, weight: 2 ** 31 }), 'ERANGE'],
  [serve('add', realServer('224.0.0.1')), 'EINVAL'],
  [serve('add', realServer('255.255.255.255')), 'EINVAL'],
  [serve('add', realServer('ff02::1'), web6), 'EINVAL'],
  [serve('add', realServer('fe80::1'), web6), 'EINVAL'],
  [serve('add', realServer('fd00:244::1'), web6), 'done'],
  [serve('add', realServer('fd00:244::9')), 'EINVAL'],
  [serve('add', realServer('10.244.1.9', { method: 'tunnel' }), web6), 'done'],
  [serve('add', realServer('10.244.1.4')), 'done'],
  [serve('delete', realServer('10.244.1.4')), 'done'],
  [{ ...add(), id: marked }, 'done'],
  [serve('add', { ...first, port: 0 }, marked), 'done'],
];

/** The table is empty again after the work. */
export async function withIpvs<T>(
  kernel: AnyKernel,
  work: (client: IpvsClient) => Promise<T>,
): Promise<T> {
  const client = await IpvsClient.connect({}, kernel.open('generic'));
  try {
    return await work(client);
  } finally {
    await client.flush();
    client.close();
  }
}

async function ipvsCodes(client: IpvsClient): Promise<string[]> {
  const codes: string[] = [];
  for (const [operation] of ipvsOperations) {
    const [outcome] = await client.execute([operation]);
    codes.push(outcome?.code ?? 'done');
  }
  return codes;
}

function procLines(kernel: AnyKernel): string[] {
  const buffer = Buffer.alloc(4096);
  const file = kernel.openProcTable();
  const length = file.read(buffer);
  file.close();
  return buffer.toString('latin1', 0, length).split('\n').slice(3);
}

/** Errnos, lists and the text of /proc. */
export const ipvsScenarios: readonly Scenario[] = [
  {
    name: 'each change of IPVS has its errno',
    run: (kernel) => withIpvs(kernel, ipvsCodes),
    expected: ipvsOperations.map(([, code]) => code),
  },
  {
    name: 'a batch goes on behind what fails, and only the last message asks for an answer',
    run: (kernel) =>
      withIpvs(kernel, async (client) => {
        const operations = [serve('add', first), add(), serve('add', first), serve('add', first)];
        const outcomes = await client.execute([...operations, add(web6)]);
        return outcomes.map((outcome) => outcome?.code);
      }),
    expected: ['ESRCH', undefined, undefined, 'EEXIST', undefined],
  },
  {
    name: 'a virtual server shows its settings and real servers, the last one first',
    run: (kernel) =>
      withIpvs(kernel, async (client) => {
        await ipvsCodes(client);
        const all = await client.virtualServers();
        const shown = await client.virtualServer(web);
        const inList = all.find(({ id }) => id.kind === 'address' && id.address.equals(webAddress));
        const servers = await client.realServers(web);
        return {
          count: all.length,
          settings: shown?.settings,
          asInList: inList?.settings.scheduler === shown?.settings.scheduler,
          servers: servers.map(({ realServer: { address, ...rest } }) => [address.text, rest]),
          connections: servers.map(({ connections }) => connections),
          statistics: servers[0]?.statistics,
          missing: [await client.virtualServer(virtualServer('10.96.0.8'))],
          realServersOfMissing: await client.realServers(virtualServer('10.96.0.8')),
        };
      }),
    expected: {
      count: 3,
      settings: {
        scheduler: 'sh',
        persistence: { timeoutSeconds: 300, prefixLength: 24 },
        onePacket: true,
        schedulerFlags: 3,
        limited: true,
        owned: true,
      },
      asInList: true,
      servers: [
        [
          '10.244.1.2',
          { port: 8080, method: 'masq', weight: 1, upperThreshold: 10, lowerThreshold: 5 },
        ],
        [
          '10.244.1.1',
          { port: 8080, method: 'route', weight: 0, upperThreshold: 0, lowerThreshold: 0 },
        ],
      ],
      connections: Array.from({ length: 2 }, () => ({ active: 0, inactive: 0, persistent: 0 })),
      statistics: { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 },
      missing: [undefined],
      realServersOfMissing: [],
    },
  },
  {
    name: 'the text of /proc, virtual server by virtual server',
    run: (kernel) =>
      withIpvs(kernel, async (client) => {
        await ipvsCodes(client);
        const blocks = procLines(kernel)
          .join('\n')
          .replace(/\n$/, '')
          .split(/\n(?! )/);
        return blocks.map(withSeconds).toSorted();
      }),
    expected: [
      ['FWM  00000007 rr ', '  -> 0AF40101:0000      Masq    1      0          0         '],
      [
        'TCP  0A604D01:0050 sh ops  persistent 300 s FFFFFF00',
        '  -> 0AF40102:1F90      Masq    1      0          0         ',
        '  -> 0AF40101:1F90      Route   0      0          0         ',
      ],
      [
        'TCP  [fd00:0096:0000:0000:0000:0000:0000:0001]:0050 wlc ',
        '  -> 0AF40109:1F90      Tunnel  1      0          0         ',
        '  -> [fd00:0244:0000:0000:0000:0000:0000:0001]:1F90      Masq    1      0          0         ',
      ],
    ].map((lines) => lines.join('\n')),
  },
  {
    name: 'the table read over netlink and /proc',
    run: (kernel) =>
      withIpvs(kernel, async (client) => {
        await ipvsCodes(client);
        const table = await readTable(client, () => kernel.openProcTable());
        return Array.from(table, ([key, { realServers }]) => [
          key,
          realServers.map(({ realServer: { address, weight } }) => `${address.text} ${weight}`),
        ]).toSorted();
      }),
    expected: [
      ['TCP 10.96.77.1:80', ['10.244.1.2 1', '10.244.1.1 0']],
      ['TCP [fd00:96::1]:80', ['10.244.1.9 1', 'fd00:244::1 1']],
      ['fwmark 7 (IPv4)', []],
    ],
  },
  {
    name: 'timeouts that are 0 stay as they are',
    run: (kernel) =>
      withIpvs(kernel, async (client) => {
        await client.setTimeouts({ tcpSeconds: 900, tcpFinSeconds: 100, udpSeconds: 0 });
        const timeouts = await client.timeouts();
        await client.setTimeouts({ tcpSeconds: 900, tcpFinSeconds: 120, udpSeconds: 300 });
        return timeouts;
      }),
    expected: { tcpSeconds: 900, tcpFinSeconds: 100, udpSeconds: 300 },
  },
];
