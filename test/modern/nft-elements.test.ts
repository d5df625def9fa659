import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NftClient } from '../../src/kernel/nf-tables/client.ts';
import { tableMessage } from '../../src/kernel/nf-tables/write-ruleset.ts';
import { portRangesOf, type FilterMember } from '../../src/kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../../src/kernel/packet-filter/marked-range.ts';
import { ElementKind } from '../../src/kernel/packet-filter/nftables/element-kind.ts';
import { TableFoundation } from '../../src/kernel/packet-filter/nftables/foundation.ts';
import { memberKey } from '../../src/kernel/packet-filter/nftables/member-elements.ts';
import { tableName } from '../../src/kernel/packet-filter/nftables/rules.ts';
import type { Cidr } from '../../src/net/cidr.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { member } from '../support/arbitrary-members.ts';
import { cidr, ip } from '../support/cluster-objects.ts';
import { shell } from '../support/kernel-state.ts';
import { nftTable, packetFilter } from '../support/packet-filter.ts';
import { until } from '../support/until.ts';
// Bundled, it has a library of its own.
import '../support/property-seed.ts';

const families = ['IPv4', 'IPv6'] as const;
const settings = { masqueradeAll: false, local: { kind: 'none' } } as const;

/** Few, so that many hold each other, begin or end where another one does, or lie side by side. */
const ranges = [
  ...[
    '10.0.0.0/8',
    '10.0.0.0/9',
    '10.128.0.0/9',
    '10.0.0.0/16',
    '10.255.0.0/16',
    '10.255.255.0/24',
  ],
  ...['10.0.0.0/32', '10.255.255.255/32', '0.0.0.0/1', '128.0.0.0/1', '192.0.2.0/24'],
].map(cidr);

function admitted(source: Cidr): FilterMember {
  return {
    role: 'admitted',
    entry: {
      kind: 'endpoint and source',
      address: ip('10.96.0.1'),
      protocol: 'TCP',
      port: 80,
      source,
    },
  };
}

/** Ports of one address with a mark, and who may connect. */
function marked(first: number, last: number, mark = 1, ...sources: readonly string[]): MarkedRange {
  const admits = sources.length === 0 ? undefined : sources.map(cidr);
  return { protocol: 'UDP', first, last, mark, role: 'external', sources: admits };
}

/** Each takes the place of the one before: ranges that grow, shrink, split, move and change their marks. */
const rangesInTurn: readonly (readonly MarkedRange[])[] = [
  [marked(10_000, 20_000)],
  [marked(10_000, 10_499), marked(10_501, 20_000)],
  [marked(10_000, 10_499, 2), marked(10_501, 20_000)],
  [marked(5000, 30_000)],
  [marked(5000, 30_000, 2, '10.0.0.0/8', '192.0.2.0/24')],
  [marked(5000, 30_000, 2, '10.0.0.0/9')],
  [marked(5001, 29_999, 2, '10.0.0.0/8'), marked(30_000, 30_000, 3)],
  [marked(1, 65_535)],
  [],
  [marked(1, 1), marked(65_535, 65_535)],
];

describe('the elements of the table in a kernel', () => {
  let client: NftClient;
  let foundation: TableFoundation;

  before(function () {
    if (packetFilter !== 'nftables') {
      this.skip();
    }
  });
  beforeEach(async () => {
    client = new NftClient();
    foundation = new TableFoundation(client, families, settings, { note: () => undefined });
    await foundation.remove();
    await foundation.ensure();
  });
  afterEach(async () => {
    await foundation.remove();
    client.close();
  });

  it('are those of whatever members, as the kernel lists them', async () => {
    const table = new KindTable(kindOf());
    await table.relist();
    const members = fc.sample(
      // A prefix of length 0 is two ranges by then.
      member.filter(({ entry }) => !('source' in entry) || entry.source.prefixLength > 0),
      { numRuns: 500, seed: 7 },
    );
    members.forEach((each) => {
      table.setDesired(memberKey(each), each);
    });
    assert.deepEqual((await table.applyAdditions(0)).failures, []);
    await table.relist();
    assert.deepEqual(table.differing(), []);
  });

  it('of port ranges are the desired ones, whatever they were before', async () => {
    const table = new KindTable(kindOf());
    await table.relist();
    for (const ranges of rangesInTurn) {
      const each = portRangesOf(ip('10.96.0.1'), ranges);
      table.setDesired(memberKey(each), ranges.length === 0 ? undefined : each);
      assert.deepEqual((await table.applyAdditions(0)).failures, []);
      assert.deepEqual((await table.applyRemovals(0)).failures, []);
      await table.relist();
      assert.deepEqual(table.differing(), []);
      const marks = ranges.map(({ protocol, first, last, mark }) => ({
        ...{ protocol, first, last, mark },
      }));
      const found = await kindOf().portRanges();
      assert.deepEqual(
        found.flatMap((at) => at.ranges).toSorted((a, b) => a.first - b.first),
        marks,
      );
    }
  });

  it('of source ranges are the desired ones, whatever they were before', async () => {
    const table = new KindTable(kindOf());
    await table.relist();
    let nowMs = 0;
    let present: readonly Cidr[] = [];
    await fc.assert(
      fc.asyncProperty(fc.subarray(ranges), async (chosen) => {
        const wanted = chosen.filter((range) => !chosen.some((other) => holds(other, range)));
        for (const range of present) {
          table.setDesired(memberKey(admitted(range)), undefined);
        }
        for (const range of wanted) {
          table.setDesired(memberKey(admitted(range)), admitted(range));
        }
        present = wanted;
        nowMs += 100_000;
        assert.deepEqual((await table.applyAdditions(nowMs)).failures, []);
        assert.deepEqual((await table.applyRemovals(nowMs)).failures, []);
        assert.deepEqual(await listedRanges(), wanted.map(({ text }) => text).toSorted());
      }),
      { numRuns: 20 },
    );
  });

  it('are left to another process that owns the table, until it ends', async function () {
    if (foundation.ownership !== 'owned') {
      this.skip();
    }
    const next = new NftClient();
    const second = new TableFoundation(next, families, settings, { note: () => undefined });
    await assert.rejects(second.ensure(), /another process owns the table kube-ipvs/);
    client.close();
    [client, foundation] = [next, second];
    // The socket is closed in a later turn of the event loop.
    await until('the table is free', () =>
      second.ensure().then(
        () => true,
        () => false,
      ),
    );
    assert.equal(second.ownership, 'owned');
  });

  it('come into a table that takes the place of one with sets of another kind', async () => {
    await foundation.remove();
    await shell(`nft add table ${nftTable}; nft add set ${nftTable} vips-4 '{ type ipv6_addr; }'`);
    const notes: string[] = [];
    client.close();
    client = new NftClient();
    foundation = new TableFoundation(client, families, settings, {
      note: (message) => notes.push(message),
    });
    await foundation.ensure();
    assert.match(notes.join(), /replaced the table/);
    const table = new KindTable(kindOf());
    await table.relist();
    const vip: FilterMember = {
      role: 'vip',
      entry: { kind: 'address', address: ip('10.96.0.1') },
    };
    table.setDesired(memberKey(vip), vip);
    assert.deepEqual((await table.applyAdditions(0)).failures, []);
    assert.match(await shell(`nft list set ${nftTable} vips-4`), /elements = \{ 10\.96\.0\.1 \}/);
  });

  it('are not there after a transaction that was only a question', async () => {
    const outcome = await client.transact([tableMessage('kube-ipvs-check', 0)], 'check');
    assert.equal(outcome.kind, 'taken');
    assert.doesNotMatch(await shell('nft list tables'), /kube-ipvs-check/);
  });

  function kindOf(): ElementKind {
    return new ElementKind({
      client,
      families,
      target: () => ({ client, table: tableName, head: foundation.head() }),
      isTableInPlace: () => foundation.inPlace,
      servePortRanges: () => foundation.servePortRanges(),
      onApplied: () => undefined,
    });
  }
});

function holds(a: Cidr, b: Cidr): boolean {
  return a.prefixLength < b.prefixLength && a.contains(b.network);
}

/** As nft prints them, which writes a host alone. */
async function listedRanges(): Promise<readonly string[]> {
  const printed = await shell(`nft list set ${nftTable} admitted-4`);
  return [...printed.matchAll(/10\.96\.0\.1 \. tcp \. 80 \. ([\d./]+)/g)]
    .map(([, text = '']) => (text.includes('/') ? text : `${text}/32`))
    .toSorted();
}
