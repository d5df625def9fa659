import { AddressClient } from '../../../src/kernel/vip-link/client.ts';
import type { AddressOperation } from '../../../src/kernel/vip-link/messages.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import { attribute, AttributeReader, text, u32 } from '../fake-kernel/wire.ts';
import { ip } from '../ipvs-examples.ts';
import {
  answerTo,
  askAll,
  flags,
  type AnyKernel,
  type RawRequest,
  type Scenario,
} from './scenario.ts';

function addressMessage(linkIndex: number, type: 20 | 21, more: number, last = 1): RawRequest {
  const address = Buffer.from([10, 96, 0, last]);
  const header = Buffer.concat([Buffer.from([2, 32, 0, 0]), u32(linkIndex)]);
  return {
    type,
    flags: flags.ack | more,
    payload: Buffer.concat([header, attribute(2, address), attribute(1, address)]),
  };
}

/** The bytes with another one in a place: 0 is the family, 1 the length of the prefix. */
function withByte(payload: Buffer, at: number, value: number): Buffer {
  const bytes = Buffer.from(payload);
  bytes[at] = value;
  return bytes;
}

async function withLink<T>(
  kernel: AnyKernel,
  work: (client: AddressClient, index: number) => Promise<T>,
): Promise<T> {
  const client = new AddressClient({}, kernel.open('route'));
  const link = await client.ensureVipLink();
  try {
    return await work(client, link.index);
  } finally {
    await client.deleteLink(link).catch(() => undefined);
    client.close();
  }
}

/** The addresses of a link with their scope and flags, in the order of their texts. */
async function shownOn(kernel: AnyKernel, linkIndex: number): Promise<string[]> {
  const list = { type: 22, flags: flags.dump, payload: Buffer.alloc(8) };
  const rows = (await answerTo(kernel.open('route'), list)).filter(({ type }) => type === 20);
  return rows
    .filter(({ payload }) => payload.readUInt32LE(4) === linkIndex)
    .map(({ payload }) => {
      const attributes = new AttributeReader(payload, 8, 0);
      const set = attributes.u32(8);
      const address = IpAddress.fromBytes(payload[0] === 2 ? 'IPv4' : 'IPv6', attributes.bytes(1));
      return [
        `${address.text} scope ${payload.readUInt8(3)}`,
        (set & 0x20) === 0 ? [] : 'deprecated',
        (set & 0x80) === 0 ? [] : 'permanent',
        (set & 0x200) === 0 ? [] : 'no prefix route',
      ]
        .flat()
        .join(' ');
    })
    .toSorted();
}

/** Links and addresses. */
export const routeScenarios: readonly Scenario[] = [
  {
    name: 'a link that is made, named, found again and deleted',
    run: (kernel) =>
      withLink(kernel, async (client, index) => {
        const before = (await client.links()).find((link) => link.index === index);
        const again = await client.ensureVipLink();
        await client.deleteLink(again);
        const gone = await client.deleteLink(again).catch((error: unknown) => codeOf(error));
        return {
          name: before?.name,
          kind: before?.kind,
          alias: before?.alias,
          up: before?.up,
          same: again.index === index,
          gone,
          found: await client.findVipLink(),
        };
      }),
    expected: {
      name: 'kube-ipvs0',
      kind: 'dummy',
      alias: 'made by kube-ipvs',
      up: false,
      same: true,
      gone: 'ENODEV',
      found: undefined,
    },
  },
  {
    name: 'links that cannot be made',
    run: (kernel) =>
      withLink(kernel, () => {
        const named = (name: string, kind: string) =>
          Buffer.concat([
            Buffer.alloc(16),
            attribute(3, text(name)),
            attribute(18, attribute(1, text(kind))),
          ]);
        return askAll(kernel.open('route'), [
          {
            type: 16,
            flags: flags.ack | flags.create | flags.exclusive,
            payload: named('kube-ipvs0', 'dummy'),
          },
          {
            type: 16,
            flags: flags.ack | flags.create | flags.exclusive,
            payload: named('other0', 'unheard'),
          },
          { type: 16, flags: flags.ack, payload: named('other0', 'dummy') },
        ]);
      }),
    expected: [17, 95, 19],
  },
  {
    name: 'addresses that are bound, adopted and unbound',
    run: (kernel) =>
      withLink(kernel, async (client, index) => {
        const operations: readonly AddressOperation[] = (
          [
            ['bind', '10.96.0.1'],
            ['bind', '10.96.0.1'],
            ['bind', 'fd00:96::1'],
            ['bind', 'fd00:96::1'],
            ['adopt', '10.96.0.1'],
            ['adopt', 'fd00:96::1'],
            ['bind', '10.96.0.2'],
            ['unbind', '10.96.0.2'],
            ['unbind', '10.96.0.2'],
            ['unbind', 'fd00:96::2'],
          ] as const
        ).map(([kind, address]) => ({ kind, address: ip(address) }));
        const outcomes = await client.execute(index, operations);
        const elsewhere = await client.execute(9999, operations);
        const bound = (await client.addresses()).filter(({ linkIndex }) => linkIndex === index);
        return {
          outcomes: outcomes.map((outcome) => outcome?.code ?? 'done'),
          elsewhere: elsewhere.map((outcome) => outcome?.code),
          bound: bound.map(({ address, prefixLength, metric }) => [
            address.text,
            prefixLength,
            metric,
          ]),
        };
      }),
    expected: {
      outcomes: [
        'done',
        'EEXIST',
        'done',
        'EEXIST',
        'done',
        'done',
        'done',
        'done',
        'EADDRNOTAVAIL',
        'EADDRNOTAVAIL',
      ],
      elsewhere: Array.from({ length: 10 }, () => 'ENODEV'),
      bound: [
        ['10.96.0.1', 32, 27_497],
        ['fd00:96::1', 128, 27_497],
      ],
    },
  },
  {
    name: 'addresses with the flags that we never send',
    run: (kernel) =>
      withLink(kernel, (_client, index) => {
        const message = (...[type, more, last]: [20 | 21, number, number?]) =>
          addressMessage(index, type, more, last);
        return askAll(kernel.open('route'), [
          message(20, 0),
          message(20, 0),
          message(20, flags.create),
          message(20, flags.replace | flags.exclusive),
          message(20, flags.replace),
          message(20, flags.replace, 2),
          message(21, 0),
          message(21, 0),
          { ...message(20, flags.create), payload: withByte(message(20, 0).payload, 1, 33) },
          { ...message(20, flags.create), payload: withByte(message(20, 0).payload, 0, 99) },
          { ...message(20, 0), type: 1023 },
          {
            ...message(20, 0),
            payload: Buffer.concat([message(20, 0).payload, attribute(8, Buffer.of(1))]),
          },
        ]);
      }),
    expected: [0, 17, 17, 17, 0, 0, 0, 99, 22, 95, 95, 34],
  },
  {
    name: 'how an address is bound, and what of it an adoption changes',
    run: (kernel) =>
      withLink(kernel, async (client, index) => {
        const foreign = (address: string, life: readonly number[]) => {
          const bytes = Buffer.from(ip(address).bytes);
          const [family, prefix] = bytes.length === 4 ? [2, 32] : [10, 128];
          const header = [Buffer.from([family, prefix, 0, 0]), u32(index)];
          const attributes = [attribute(2, bytes), attribute(1, bytes)];
          const info = attribute(6, ...[...life, 0, 0].map(u32));
          return {
            type: 20,
            flags: flags.ack | flags.create,
            payload: Buffer.concat([...header, ...attributes, info]),
          };
        };
        const made = await askAll(kernel.open('route'), [
          foreign('10.96.0.2', [600, 600]),
          foreign('fd00:96::2', [600, 600]),
          foreign('10.96.0.3', [0, 600]),
          foreign('fd00:96::3', [0, 0xffff_ffff]),
          foreign('10.96.0.4', [600, 60]),
          foreign('10.96.0.4', [0, 0]),
          foreign('fd00:96::4', [0, 0]),
        ]);
        const bind = ['10.96.0.1', 'fd00:96::1'];
        const adopt = ['10.96.0.2', 'fd00:96::2', '10.96.0.3', 'fd00:96::3'];
        const before = await shownOn(kernel, index);
        await client.execute(index, [
          ...bind.map((address) => ({ kind: 'bind' as const, address: ip(address) })),
          ...adopt.map((address) => ({ kind: 'adopt' as const, address: ip(address) })),
        ]);
        return { made, before, after: await shownOn(kernel, index) };
      }),
    expected: {
      made: [0, 0, 0, 0, 22, 22, 22],
      before: [
        '10.96.0.2 scope 0',
        '10.96.0.3 scope 0 deprecated',
        'fd00:96::2 scope 0',
        'fd00:96::3 scope 0 deprecated permanent',
      ],
      after: [
        '10.96.0.1 scope 253 permanent',
        '10.96.0.2 scope 0 permanent',
        '10.96.0.3 scope 0 permanent',
        'fd00:96::1 scope 0 deprecated permanent no prefix route',
        'fd00:96::2 scope 0 deprecated permanent no prefix route',
        'fd00:96::3 scope 0 deprecated permanent no prefix route',
      ],
    },
  },
  {
    name: 'an address that somebody else bound has no metric, and ours once adopted',
    run: (kernel) =>
      withLink(kernel, async (client, index) => {
        await askAll(kernel.open('route'), [addressMessage(index, 20, flags.create)]);
        const metric = async () =>
          (await client.addresses()).find((row) => row.linkIndex === index)?.metric;
        const before = await metric();
        await client.execute(index, [{ kind: 'adopt', address: ip('10.96.0.1') }]);
        return [before, await metric()];
      }),
    expected: [0, 27_497],
  },
];

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
