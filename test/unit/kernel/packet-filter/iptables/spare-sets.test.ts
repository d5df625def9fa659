import assert from 'node:assert/strict';
import { SetClient } from '../../../../../src/kernel/ipset/client.ts';
import { portRangesOf } from '../../../../../src/kernel/packet-filter/filter-member.ts';
import { openIptablesFilter } from '../../../../../src/kernel/packet-filter/iptables/iptables-filter.ts';
import { SetEntryKind } from '../../../../../src/kernel/packet-filter/iptables/set-kind.ts';
import { allSets, setOf, spareOf } from '../../../../../src/kernel/packet-filter/iptables/sets.ts';
import { settings as chains } from '../../../../support/chains-world.ts';
import { ip } from '../../../../support/cluster-objects.ts';
import { FakeKernel } from '../../../../support/fake-kernel/fake-kernel.ts';

const web = {
  role: 'cluster',
  entry: { kind: 'endpoint', address: ip('10.96.0.1'), protocol: 'TCP', port: 80 },
} as const;
const ranges = portRangesOf(ip('10.96.0.1'), [
  { protocol: 'UDP', first: 16, last: 32, mark: 5, role: 'external', sources: undefined },
]);

function setUp() {
  const kernel = new FakeKernel();
  const client = new SetClient({}, kernel.open('netfilter'));
  const filter = openIptablesFilter(
    ['IPv4'],
    { chains, iptables: 'nft' },
    { note: () => undefined, changed: () => undefined },
    () => assert.fail('a program is started'),
    client,
  );
  return { kernel, client, filter };
}

/** What a run has left whose sets all have the names of spares, since others had theirs. */
async function leftInSpares(client: SetClient): Promise<void> {
  await client.ensureSets(allSets(['IPv4']).map(spareOf));
  const kind = new SetEntryKind(client, ['IPv4'], { inKernel: spareOf });
  const outcomes = await kind.apply(
    [web, ranges].flatMap((member) => kind.difference(member, undefined).additions),
  );
  assert.ok(outcomes.every((outcome) => outcome === undefined));
}

describe('the spares of sets, before anything is in place,', () => {
  it('tell the addresses of a role, beside sets of others that have their names', async () => {
    const { kernel, client, filter } = setUp();
    await leftInSpares(client);
    kernel.ipset.put({ name: setOf('cluster', 'IPv4').name, type: 'hash:net' });
    assert.deepEqual(await filter.addressesOf('cluster'), new Set(['10.96.0.1']));
    filter.close();
  });

  it('tell the port ranges', async () => {
    const { client, filter } = setUp();
    await leftInSpares(client);
    assert.deepEqual(
      (await filter.portRanges()).map(({ address, ranges: [only] }) => [
        address.text,
        only?.first,
        only?.last,
        only?.mark,
      ]),
      [['10.96.0.1', 16, 32, 5]],
    );
    filter.close();
  });

  it('lose their entries at an address that is forgotten', async () => {
    const { kernel, client, filter } = setUp();
    await leftInSpares(client);
    await filter.forget(new Set(['10.96.0.1']));
    for (const { name } of allSets(['IPv4']).map(spareOf)) {
      assert.deepEqual(kernel.ipset.entries(name), [], name);
    }
    filter.close();
  });
});

describe('sets that cannot be read', () => {
  it('are told of, and not taken for empty', async () => {
    const { kernel, filter } = setUp();
    kernel.refuses = ({ words }) => (words.startsWith('entries of') ? 'ENOMEM' : undefined);
    await assert.rejects(filter.addressesOf('vip'), { code: 'ENOMEM' });
    await assert.rejects(filter.forget(new Set(['10.96.0.1'])), { code: 'ENOMEM' });
    filter.close();
  });

  it('are none where the kernel has no sets at all', async () => {
    const { kernel, filter } = setUp();
    kernel.refuses = () => 'EINVAL';
    assert.equal(await filter.addressesOf('vip'), undefined);
    await filter.forget(new Set(['10.96.0.1']));
    filter.close();
  });
});
