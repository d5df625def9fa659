import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readEntries, readHeader, readRevision } from '../../../../src/kernel/ipset/decode.ts';
import { writeSetOperation } from '../../../../src/kernel/ipset/encode.ts';
import { formatSetEntry, type SetEntry } from '../../../../src/kernel/ipset/set-entry.ts';
import { entryKindOf, type IpSet, type SetType } from '../../../../src/kernel/ipset/model.ts';
import { forEachAttribute, readMessages } from '../../../../src/kernel/netlink/message-reader.ts';
import type { Cidr } from '../../../../src/net/cidr.ts';
import type { IpFamily } from '../../../../src/net/ip-address.ts';
import { address, family, port, record } from '../../../support/arbitraries.ts';
import { cidr, ip } from '../../../support/cluster-objects.ts';
import { attribute } from '../../../support/fake-kernel/wire.ts';
import { writtenBytes } from '../../../support/written-bytes.ts';

const header = Buffer.from('02000000', 'hex');

/** A part of a list, with the data of these entries. */
function listed(...entries: readonly Buffer[]): Buffer {
  return Buffer.concat([header, attribute(8, Buffer.concat(entries))]);
}

function entriesIn(payload: Buffer, type: SetType): readonly SetEntry[] {
  const entries: SetEntry[] = [];
  readEntries(payload, type, (entry) => entries.push(entry));
  return entries;
}

/** The data of an entry, as the encoder writes it. */
function dataOf(set: IpSet, entry: SetEntry): Buffer {
  const [message] = readMessages(
    writtenBytes((writer) => {
      writeSetOperation(writer, 1, { kind: 'add entry', set, entry });
    }),
  );
  let data = Buffer.alloc(0);
  forEachAttribute(message?.payload ?? data, 4, (type, value) => {
    if (type === 7) {
      data = Buffer.from(value);
    }
  });
  return attribute(7, data);
}

const mark = fc.integer({ min: 1, max: 0xffff_ffff });
const protocol = fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const);

function range(of: IpFamily): fc.Arbitrary<Cidr> {
  return fc
    .tuple(address(of), fc.integer({ min: 1, max: of === 'IPv4' ? 32 : 128 }))
    .map(([network, length]) => cidr(`${network.text}/${length}`));
}

const setAndEntry: fc.Arbitrary<{ readonly set: IpSet; readonly entry: SetEntry }> = family.chain(
  (of) => {
    const at = address(of);
    const entry: fc.Arbitrary<SetEntry> = fc.oneof(
      record({ kind: fc.constant('address' as const), address: at }),
      record({ kind: fc.constant('endpoint' as const), address: at, protocol, port }),
      record({
        kind: fc.constant('endpoint and source' as const),
        address: at,
        protocol,
        port,
        source: range(of),
      }),
      record({ kind: fc.constant('endpoint to itself' as const), address: at, protocol, port }),
      record({ kind: fc.constant('port' as const), port }),
      fc.tuple(at, protocol, port, mark, mark).map(([where, spoken, number, given, mask]) => ({
        kind: 'marked ports' as const,
        address: where,
        protocol: spoken,
        first: number,
        last: number,
        mark: given,
        mask,
      })),
      record({ kind: fc.constant('address and mark' as const), address: at, mark }),
      record({ kind: fc.constant('address to itself' as const), address: at }),
      record({
        kind: fc.constant('address and source' as const),
        address: at,
        source: range(of).filter(({ prefixLength }) => prefixLength < 32),
      }),
    );
    return entry.map((made) => {
      const type =
        types.find((candidate) => entryKindOf[candidate] === made.kind) ??
        otherTypes.get(made.kind);
      assert.ok(type !== undefined);
      return { set: { name: 'kube-ipvs-test', type, family: of }, entry: made };
    });
  },
);

const types = [
  'hash:ip',
  'hash:ip,port',
  'hash:ip,port,net',
  'hash:ip,port,ip',
  'bitmap:port',
  'hash:ip,mark',
  'hash:net,net',
] as const;

/** Those of entries that a type takes besides. */
const otherTypes: ReadonlyMap<SetEntry['kind'], SetType> = new Map([
  ['marked ports', 'hash:ip,port'],
  ['address to itself', 'hash:net,net'],
]);

describe('the entries of a set', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(setAndEntry, ({ set, entry }) => {
        const [read, ...others] = entriesIn(listed(dataOf(set, entry)), set.type);
        assert.deepEqual(others, []);
        assert.ok(read !== undefined);
        assert.equal(read.kind, entry.kind);
        assert.equal(formatSetEntry(read), formatSetEntry(entry));
      }),
      { numRuns: 500 },
    );
  });

  it('are all those of the message', () => {
    const set: IpSet = { name: 'a', type: 'bitmap:port', family: 'IPv4' };
    const data = [1, 65_535].map((number) => dataOf(set, { kind: 'port', port: number }));
    assert.deepEqual(entriesIn(listed(...data), set.type), [
      { kind: 'port', port: 1 },
      { kind: 'port', port: 65_535 },
    ]);
  });

  it('are none in the message of an empty set', () => {
    assert.deepEqual(entriesIn(listed(), 'hash:ip'), []);
    assert.deepEqual(entriesIn(header, 'hash:ip'), []);
  });

  const ip4 = attribute(1, attribute(1, Buffer.from('0a600005', 'hex')));
  const port80 = attribute(4, Buffer.from('0050', 'hex'));
  const tcp = attribute(7, Buffer.from([6]));
  const icmp = attribute(7, Buffer.from([1]));
  const source = attribute(20, attribute(1, Buffer.from('c0000201', 'hex')));

  it('leave out one of a protocol that no Service has', () => {
    const entry = attribute(7, Buffer.concat([ip4, icmp, port80]));
    assert.deepEqual(entriesIn(listed(entry), 'hash:ip,port'), []);
    const withSource = attribute(7, Buffer.concat([ip4, icmp, port80, source]));
    assert.deepEqual(entriesIn(listed(withSource), 'hash:ip,port,net'), []);
  });

  it('leave out an endpoint with another source than itself', () => {
    const entry = attribute(7, Buffer.concat([ip4, tcp, port80, source]));
    assert.deepEqual(entriesIn(listed(entry), 'hash:ip,port,ip'), []);
  });

  it('have a source of one host where no prefix length is given', () => {
    const [entry] = entriesIn(
      listed(attribute(7, Buffer.concat([ip4, tcp, port80, source]))),
      'hash:ip,port,net',
    );
    assert.equal(entry && formatSetEntry(entry), 'TCP 10.96.0.5:80,192.0.2.1/32');
  });

  it('leave out a pair whose first part is no single address', () => {
    const wide = attribute(3, Buffer.from([24]));
    const entry = attribute(7, Buffer.concat([ip4, source, wide]));
    assert.deepEqual(entriesIn(listed(entry), 'hash:net,net'), []);
    const host = attribute(7, Buffer.concat([ip4, source]));
    assert.deepEqual(entriesIn(listed(host), 'hash:net,net').map(formatSetEntry), [
      '10.96.0.5,192.0.2.1/32',
    ]);
  });

  for (const [what, data] of [
    ['an address', Buffer.concat([tcp, port80])],
    ['a port', Buffer.concat([ip4, tcp])],
    ['a protocol', Buffer.concat([ip4, port80])],
  ] as const) {
    it(`are malformed without ${what}`, () => {
      assert.throws(() => entriesIn(listed(attribute(7, data)), 'hash:ip,port'), {
        name: 'MalformedMessageError',
        message: /a netlink message without attribute \d+/,
      });
    });
  }
});

describe('what a set is', () => {
  const typeName = attribute(3, Buffer.from('hash:ip\0'));
  const family = attribute(5, Buffer.from([2]));

  it('is its type and family, the room, and how many rules refer to it', () => {
    const data = Buffer.concat([
      attribute(19, Buffer.from('00100000', 'hex')),
      attribute(25, Buffer.from('00000102', 'hex')),
    ]);
    const payload = Buffer.concat([header, typeName, family, attribute(7, data)]);
    assert.deepEqual(readHeader(payload), {
      type: 'hash:ip',
      family: 'IPv4',
      references: 0x102,
      maxElements: 1 << 20,
      ports: undefined,
      hasTimeout: false,
      givesMarks: false,
      markMask: undefined,
    });
  });

  it('is the range of a bitmap, and that entries vanish', () => {
    const data = Buffer.concat([
      attribute(4, Buffer.from('0001', 'hex')),
      attribute(5, Buffer.from('03ff', 'hex')),
      attribute(6, Buffer.from('00000258', 'hex')),
    ]);
    const found = readHeader(Buffer.concat([header, typeName, attribute(7, data)]));
    assert.deepEqual(found?.ports, [1, 1023]);
    assert.equal(found.hasTimeout, true);
    assert.equal(found.family, undefined);
  });

  it('is whether packets get marks, and the bits of marks that count', () => {
    const data = Buffer.concat([
      attribute(8, Buffer.from('00000048', 'hex')),
      attribute(11, Buffer.from('7f100000', 'hex')),
    ]);
    const found = readHeader(Buffer.concat([header, typeName, attribute(7, data)]));
    assert.equal(found?.givesMarks, true);
    assert.equal(found.markMask, 0x107f);
  });

  it('has that mask in network order where its type says so', () => {
    const data = attribute(11 | 0x4000, Buffer.from('0000107f', 'hex'));
    const found = readHeader(Buffer.concat([header, typeName, attribute(7, data)]));
    assert.equal(found?.markMask, 0x107f);
  });

  it('is not in a message of entries alone', () => {
    assert.equal(readHeader(header), undefined);
  });
});

describe('the revision of a type', () => {
  it('is the highest that the kernel has', () => {
    assert.equal(readRevision(Buffer.concat([header, attribute(4, Buffer.from([7]))])), 7);
  });

  it('is not to be missing', () => {
    assert.throws(() => readRevision(header), { name: 'MalformedMessageError' });
  });
});

describe('an entry as text', () => {
  for (const [entry, text] of [
    [{ kind: 'address', address: ip('fd00::1') }, 'fd00::1'],
    [{ kind: 'endpoint', address: ip('fd00::1'), protocol: 'UDP', port: 53 }, 'UDP [fd00::1]:53'],
    [
      { kind: 'endpoint to itself', address: ip('10.0.0.1'), protocol: 'TCP', port: 80 },
      'TCP 10.0.0.1:80,10.0.0.1',
    ],
    [{ kind: 'port', port: 32000 }, '32000'],
    [
      {
        kind: 'endpoint and source',
        address: ip('10.0.0.1'),
        protocol: 'TCP',
        port: 80,
        source: cidr('10.0.0.0/8'),
      },
      'TCP 10.0.0.1:80,10.0.0.0/8',
    ],
  ] as const) {
    it(`is ${text} for an ${entry.kind}`, () => {
      assert.equal(formatSetEntry(entry), text);
    });
  }
});
