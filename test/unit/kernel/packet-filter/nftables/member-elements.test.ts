import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatEntry } from '../../../../../src/kernel/packet-filter/filter-entry.ts';
import {
  sameMembers,
  type FilterMember,
} from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { elementsMessage } from '../../../../../src/kernel/nf-tables/write-elements.ts';
import { tableMessage } from '../../../../../src/kernel/nf-tables/write-ruleset.ts';
import { isMember } from '../../../../../src/kernel/packet-filter/nftables/element-change.ts';
import {
  elementsOf,
  memberKey,
} from '../../../../../src/kernel/packet-filter/nftables/member-elements.ts';
import { tableName } from '../../../../../src/kernel/packet-filter/nftables/rules.ts';
import { member } from '../../../../support/arbitrary-members.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';
import { writtenNfTables } from '../../../../support/fake-kernel/written-nf-tables.ts';

function inWords(members: readonly FilterMember[]): readonly string[] {
  return members.map(({ role, entry }) => `${role} ${formatEntry(entry)}`).toSorted();
}

describe('the elements of a member', () => {
  it('are read by the kernel and listed by it as the member that they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        // Port ranges are told by their elements alone.
        fc.uniqueArray(
          member.filter(({ role }) => role !== 'port-ranges'),
          { selector: memberKey, maxLength: 20 },
        ),
        async (members) => {
          const { client, kind } = await writtenNfTables();
          const elements = members.flatMap(elementsOf);
          const outcome = await client.transact([
            tableMessage(tableName, 0),
            ...elements.map((element) => elementsMessage('add', tableName, [element])),
          ]);
          assert.equal(outcome.kind, 'taken');
          const observed = await kind.observed();
          assert.ok(observed.every(isMember));
          assert.deepEqual(inWords(observed), inWords(members));
          client.close();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('are those of one member alone', () => {
    const words = (each: FilterMember) =>
      elementsOf(each).map(
        ({ set, key, keyEnd }) =>
          `${set} ${Buffer.from(key).toString('hex')} ${Buffer.from(keyEnd ?? key).toString('hex')}`,
      );
    fc.assert(
      fc.property(member, member, (a, b) => {
        const shared = words(a).filter((word) => words(b).includes(word));
        if (memberKey(a) !== memberKey(b)) {
          assert.deepEqual(shared, []);
        } else {
          assert.ok(shared.length > 0 && (a.role !== b.role || sameMembers([a], [b])));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('have the bytes that the registers of the rules hold', () => {
    const web = { address: ip('10.96.0.1'), protocol: 'TCP', port: 443 } as const;
    const hex = (each: FilterMember) =>
      elementsOf(each).map(({ set, key }) => `${set} ${Buffer.from(key).toString('hex')}`);
    assert.deepEqual(hex({ role: 'cluster', entry: { ...web, kind: 'endpoint' } }), [
      // The address, the protocol and the port (01bb) begin at words of their own.
      'front-ends-4 0a6000010600000001bb0000',
      'sources-4 0a6000010600000001bb0000',
    ]);
    assert.deepEqual(hex({ role: 'hairpin', entry: { ...web, kind: 'endpoint to itself' } }), [
      'hairpins-4 0a6000010600000001bb00000a600001',
    ]);
    assert.deepEqual(hex({ role: 'vip', entry: { kind: 'address', address: ip('fd00:96::1') } }), [
      'vips-6 fd000096000000000000000000000001',
    ]);
    assert.deepEqual(hex({ role: 'health', entry: { kind: 'port', port: 32_000 } }), [
      'health-ports 7d00',
    ]);
  });

  it('have no verdict in the second map where no connection gets behind the front end', () => {
    const entry = {
      kind: 'endpoint',
      address: ip('10.96.0.1'),
      protocol: 'TCP',
      port: 80,
    } as const;
    assert.deepEqual(
      elementsOf({ role: 'refused', entry }).map(({ set }) => set),
      ['front-ends-4'],
    );
  });

  it('of a range hold its first address and its last', () => {
    const [element] = elementsOf({
      role: 'admitted',
      entry: {
        kind: 'endpoint and source',
        address: ip('10.96.0.1'),
        protocol: 'UDP',
        port: 53,
        source: cidr('192.0.2.64/26'),
      },
    });
    assert.ok(element?.keyEnd);
    const at = (key: Uint8Array) => Buffer.from(key.subarray(12, 16)).toString('hex');
    assert.equal(at(element.key), 'c0000240');
    assert.equal(at(element.keyEnd), 'c000027f');
  });
});
