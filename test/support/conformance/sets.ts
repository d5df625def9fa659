import { SetClient } from '../../../src/kernel/ipset/client.ts';
import { formatSetEntry, type SetEntry } from '../../../src/kernel/ipset/set-entry.ts';
import type { IpSet } from '../../../src/kernel/ipset/model.ts';
import { NetlinkError } from '../../../src/kernel/netlink/netlink-error.ts';
import { Cidr } from '../../../src/net/cidr.ts';
import { attribute, text, u16be, u32be, u8 } from '../fake-kernel/wire.ts';
import { ip } from '../ipvs-examples.ts';
import { askAll, flags, type AnyKernel, type RawRequest, type Scenario } from './scenario.ts';

const vips: IpSet = { name: 'conformance-vip', type: 'hash:ip', family: 'IPv4' };
export const served: IpSet = { name: 'conformance-6', type: 'hash:ip,port', family: 'IPv6' };
const ranges: IpSet = { name: 'conformance-net', type: 'hash:ip,port,net', family: 'IPv4' };
const hairpins: IpSet = { name: 'conformance-hairpin', type: 'hash:ip,port,ip', family: 'IPv4' };
const ports: IpSet = { name: 'conformance-port', type: 'bitmap:port', family: 'IPv4' };
const served4: IpSet = { ...served, family: 'IPv4' };
export const marks: IpSet = { ...served4, name: 'conformance-marks', givesMarks: true };
export const byMark: IpSet = {
  name: 'conformance-by-mark',
  type: 'hash:ip,mark',
  family: 'IPv4',
  markMask: 0x107f,
};
export const pairs: IpSet = { name: 'conformance-pairs', type: 'hash:net,net', family: 'IPv6' };
const endpoint = (address: string) =>
  ({ address: ip(address), protocol: 'TCP', port: 80 }) as const;
const source = Cidr.parse('192.168.0.0/16') ?? Cidr.host(ip('192.168.0.1'));

const setEntries: readonly (readonly [IpSet, SetEntry])[] = [
  [vips, { kind: 'address', address: ip('10.96.0.1') }],
  [served, { kind: 'endpoint', ...endpoint('fd00:96::1') }],
  [ranges, { kind: 'endpoint and source', ...endpoint('10.96.0.1'), source }],
  [hairpins, { kind: 'endpoint to itself', ...endpoint('10.96.0.1') }],
  [ports, { kind: 'port', port: 30_080 }],
  [marks, markedPorts('10.96.0.1', 5060, 5060)],
  [byMark, { kind: 'address and mark', address: ip('10.96.0.1'), mark: 0x1001 }],
  [pairs, { kind: 'address to itself', address: ip('fd00:244::1') }],
];

export function markedPorts(address: string, first: number, last: number, mark = 0x1001): SetEntry {
  return {
    kind: 'marked ports',
    address: ip(address),
    protocol: 'UDP',
    first,
    last,
    mark,
    mask: 0x107f,
  };
}

const spoken = attribute(1, u8(6));
const named = attribute(2, text(vips.name));

function setMessage(command: number, more: number, ...attributes: readonly Buffer[]): RawRequest {
  const header = Buffer.from([2, 0, 0, 0]);
  return {
    type: 0x600 | command,
    flags: flags.ack | more,
    payload: Buffer.concat([header, ...attributes]),
  };
}

function setEntry(last: number): Buffer {
  const address = attribute(0x4001, Buffer.from([10, 96, 0, last]));
  return attribute(0x8007, attribute(0x8001, address));
}

export async function withSets<T>(
  kernel: AnyKernel,
  sets: readonly IpSet[],
  work: (client: SetClient) => Promise<T>,
): Promise<T> {
  const client = new SetClient({}, kernel.open('netfilter'));
  await client.ensureSets(sets);
  try {
    return await work(client);
  } finally {
    for (const { name } of sets) {
      await client.destroySet(name);
    }
    client.close();
  }
}

const timeout = attribute(0x4006, u32be(600));
const portRange = [attribute(0x4004, u16be(1)), attribute(0x4005, u16be(1023))];
const portEntry = (port: number) => attribute(0x8007, attribute(0x4004, u16be(port)));

const shortPort = attribute(0x8007, attribute(0x4004, u8(1)));

/** As somebody else would make it. */
function otherSet(
  name: string,
  type: string,
  family: number,
  ...data: readonly Buffer[]
): Buffer[] {
  return [
    spoken,
    attribute(2, text(name)),
    attribute(3, text(type)),
    attribute(4, u8(1)),
    attribute(5, u8(family)),
    attribute(0x8007, ...data),
  ];
}

/** Sets and what they hold. */
export const setScenarios: readonly Scenario[] = [
  {
    name: 'what sets of each type hold, and what they hold no more',
    run: (kernel) =>
      withSets(
        kernel,
        setEntries.map(([set]) => set),
        async (client) => {
          const changes = (kind: 'add entry' | 'delete entry') =>
            client.execute(setEntries.map(([set, entry]) => ({ kind, set, entry })));
          const codes: (string | undefined)[] = [];
          const held: string[][] = [];
          for (const kind of ['add entry', 'add entry', 'delete entry', 'delete entry'] as const) {
            codes.push(...(await changes(kind)).map((outcome) => outcome?.code));
            for (const [set] of setEntries) {
              held.push((await client.entries(set))?.map(formatSetEntry) ?? ['missing']);
            }
          }
          const names = await client.names();
          return {
            codes: codes.filter((code) => code !== undefined),
            held,
            areNamed: setEntries.every(([set]) => names.has(set.name)),
            references: await client.references(vips.name),
          };
        },
      ),
    expected: {
      codes: [],
      held: [
        ...[...setEntries, ...setEntries].map(([, entry]) => [formatSetEntry(entry)]),
        ...[...setEntries, ...setEntries].map(() => []),
      ],
      areNamed: true,
      references: 0,
    },
  },
  {
    name: 'ranges whose prefix is none',
    run: (kernel) =>
      withSets(kernel, [ranges], () => {
        const ofPrefix = (length: number) => {
          const address = (type: number) =>
            attribute(0x8000 | type, attribute(0x4001, Buffer.alloc(4, 10)));
          const place = [
            address(1),
            attribute(7, u8(6)),
            attribute(0x4004, u16be(80)),
            address(20),
          ];
          return attribute(0x8007, ...place, attribute(21, u8(length)));
        };
        return askAll(
          kernel.open('netfilter'),
          [0, 1, 32, 33].map((length) =>
            setMessage(9, 0, spoken, attribute(2, text(ranges.name)), ofPrefix(length)),
          ),
        );
      }),
    expected: [4104, 0, 0, 4104],
  },
  {
    name: 'a list of many entries, and sets that are not there',
    run: (kernel) =>
      withSets(kernel, [vips], async (client) => {
        const entries = Array.from({ length: 300 }, (_, index) => ({
          kind: 'address' as const,
          address: ip(`10.96.${index >> 8}.${index & 255}`),
        }));
        const kind = 'add entry' as const;
        await client.execute(entries.map((entry) => ({ kind, set: vips, entry })));
        const [entry = setEntries[0]?.[1]] = entries;
        const absent = { ...vips, name: 'conformance-none' };
        const [refused] =
          entry === undefined ? [] : await client.execute([{ kind, set: absent, entry }]);
        return [
          new Set((await client.entries(vips))?.map(formatSetEntry)).size,
          refused?.code,
          await client.entries(absent),
          await client.references(absent.name),
        ];
      }),
    expected: [300, 'ENOENT', undefined, undefined],
  },
  {
    name: 'what a set says of itself, ours and one of another shape',
    run: (kernel) =>
      withSets(
        kernel,
        setEntries.map(([set]) => set),
        async (client) => {
          const headers = async (names: readonly string[]) => {
            const found = await Promise.all(names.map((name) => client.header(name)));
            return found.map((header) => header && Object.values(header).map(String).join(' '));
          };
          const ours = await headers(setEntries.map(([set]) => set.name));
          const made = await askAll(kernel.open('netfilter'), [
            setMessage(2, flags.create, ...otherSet('other-ip', 'hash:ip', 10, timeout)),
            setMessage(2, flags.create, ...otherSet('other-ip', 'hash:ip', 10, timeout)),
            setMessage(2, flags.create, ...otherSet('other-ip', 'hash:ip', 10)),
            setMessage(2, flags.create, ...otherSet('other-net', 'hash:net', 2)),
            setMessage(2, flags.create, ...otherSet('other-port', 'bitmap:port', 0, ...portRange)),
            setMessage(2, flags.create, ...otherSet('other-port', 'bitmap:port', 0, ...portRange)),
            setMessage(2, flags.create, ...otherSet('none', 'bitmap:port', 0)),
            setMessage(9, 0, spoken, attribute(2, text('other-port')), portEntry(1)),
            setMessage(9, 0, spoken, attribute(2, text('other-port')), portEntry(1024)),
            setMessage(9, 0, spoken, attribute(2, text('other-port')), shortPort),
          ]);
          const others = ['other-ip', 'other-net', 'other-port'];
          const theirs = await headers([...others, 'none']);
          for (const name of others) {
            await client.destroySet(name);
          }
          return { ours, made, theirs };
        },
      ),
    // Type, family, references, room, ports, whether there are timeouts and marks for packets, the mask of marks.
    expected: {
      ours: [
        'hash:ip IPv4 0 1048576 undefined false false undefined',
        'hash:ip,port IPv6 0 1048576 undefined false false undefined',
        'hash:ip,port,net IPv4 0 1048576 undefined false false undefined',
        'hash:ip,port,ip IPv4 0 1048576 undefined false false undefined',
        'bitmap:port undefined 0 undefined 0,65535 false false undefined',
        'hash:ip,port IPv4 0 4194304 undefined false true undefined',
        'hash:ip,mark IPv4 0 1048576 undefined false false 4223',
        'hash:net,net IPv6 0 1048576 undefined false false undefined',
      ],
      made: [0, 0, 17, 0, 0, 0, 4097, 0, 4352, 4097],
      theirs: [
        'hash:ip IPv6 0 65536 undefined true false undefined',
        'hash:net IPv4 0 65536 undefined false false undefined',
        'bitmap:port undefined 0 undefined 1,1023 false false undefined',
        undefined,
      ],
    },
  },
  {
    name: 'a set that a rule refers to cannot be destroyed',
    run: (kernel) =>
      withSets(kernel, [vips], async (client) => {
        const deleteRule = await kernel.addRule(vips.name);
        const references = await client.references(vips.name);
        const refused = await client.destroySet(vips.name).catch((error: unknown) => error);
        await deleteRule();
        return [
          references,
          refused instanceof NetlinkError && refused.code,
          await client.references(vips.name),
        ];
      }),
    expected: [1, 'EBUSY', 0],
  },
  {
    name: 'messages to sets with flags that we never send, or that make no sense',
    run: (kernel) =>
      withSets(kernel, [vips], () => {
        const makes = (name: string, type: string, ...data: readonly Buffer[]) =>
          otherSet(name, type, 2, ...data);
        const small = attribute(2, text('conformance-small'));
        const size = [attribute(0x4013, u32be(1)), attribute(0x4012, u32be(1))];
        const ipv6 = attribute(0x4002, Buffer.alloc(16, 1));
        return askAll(kernel.open('netfilter'), [
          setMessage(9, flags.exclusive, spoken, named, setEntry(1)),
          setMessage(9, flags.exclusive, spoken, named, setEntry(1)),
          setMessage(9, 0, spoken, named, setEntry(1)),
          setMessage(10, flags.exclusive, spoken, named, setEntry(2)),
          setMessage(10, 0, spoken, named, setEntry(2)),
          setMessage(9, 0, spoken, named, attribute(0x8007, attribute(0x8001, ipv6))),
          setMessage(9, 0, spoken, named, attribute(0x8007)),
          setMessage(9, 0, named, setEntry(1)),
          setMessage(9, 0, attribute(1, u8(99)), named, setEntry(1)),
          setMessage(2, flags.create | flags.exclusive, ...makes(vips.name, 'hash:ip')),
          setMessage(2, flags.create, ...makes(vips.name, 'hash:ip')),
          setMessage(
            2,
            flags.create,
            ...makes(vips.name, 'hash:ip', attribute(0x4013, u32be(1 << 20))),
          ),
          setMessage(2, flags.create, ...makes(vips.name, 'hash:ip,port')),
          setMessage(2, flags.create, ...makes('conformance-small', 'unheard')),
          setMessage(13, 0, spoken, attribute(3, text('unheard')), attribute(5, u8(2))),
          setMessage(3, flags.exclusive, spoken, small),
          setMessage(3, 0, spoken, small),
          setMessage(
            2,
            flags.create | flags.exclusive,
            ...makes('conformance-small', 'hash:ip', ...size),
          ),
          setMessage(9, 0, spoken, small, setEntry(1)),
          setMessage(9, 0, spoken, small, setEntry(2)),
          setMessage(9, 0, spoken, small, setEntry(1)),
          setMessage(3, 0, spoken, small),
          setMessage(9, 0, attribute(1, u8(5)), named, setEntry(1)),
          setMessage(2, flags.create, ...makes('conformance-small', 'bitmap:port').slice(0, -1)),
          setMessage(99, 0, spoken),
        ]);
      }),
    expected: [
      0, 4103, 0, 4103, 0, 4097, 4097, 4097, 0, 17, 17, 0, 17, 4098, 4098, 2, 0, 0, 0, 4352, 0, 0,
      4097, 4097, 22,
    ],
  },
];
