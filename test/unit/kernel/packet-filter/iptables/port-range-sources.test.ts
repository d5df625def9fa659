import assert from 'node:assert/strict';
import { type FilterMember } from '../../../../../src/kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../../../../../src/kernel/packet-filter/marked-range.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';

import { member, rtp, setUp, vip } from '../../../../support/port-range-table.ts';

describe('the sources that may reach the port ranges of an address', () => {
  const admittedBy = async (...ranges: readonly MarkedRange[]) => {
    const { table, desire, held } = setUp();
    await table.relist();
    await desire(member(...ranges));
    return held('admitted').map((text) => text.replace(`${vip},`, ''));
  };
  const other = { ...rtp, first: 20_000, last: 20_009, mark: 2 };

  it('are those of its Service', async () => {
    const sources = [cidr('10.0.0.0/8'), cidr(`${vip}/32`)];
    assert.deepEqual(await admittedBy({ ...rtp, sources }), ['10.0.0.0/8', `${vip}/32`]);
  });

  it('are those that both Services admit where two share the address', async () => {
    const shared = await admittedBy(
      { ...rtp, sources: [cidr('10.0.0.0/8'), cidr('192.168.1.0/24'), cidr('172.16.0.0/12')] },
      { ...other, sources: [cidr('10.1.0.0/16'), cidr('192.168.0.0/16'), cidr('198.51.100.0/24')] },
    );
    assert.deepEqual(shared.toSorted(), ['10.1.0.0/16', '192.168.1.0/24']);
  });

  it('do not matter to a Service that admits everybody', async () => {
    const { table, desire, held } = setUp();
    await table.relist();
    await desire(member({ ...rtp, sources: [cidr('10.0.0.0/8')] }, other));
    assert.deepEqual(held('guarded'), [`${vip},0x1001`]);
    assert.deepEqual(held('admitted'), [`${vip},10.0.0.0/8`]);
  });
});

describe('an endpoint of port ranges on this node', () => {
  const itself = (text: string): FilterMember => ({
    role: 'range-hairpin',
    entry: { kind: 'address to itself', address: ip(text) },
  });

  it('is a pair with itself', async () => {
    const { kernel, table, desire, held } = setUp();
    await table.relist();
    await desire(itself('10.244.0.5'), itself('fd00:244::5'));
    assert.deepEqual(held('hairpin'), ['10.244.0.5,10.244.0.5/32']);
    assert.deepEqual(kernel.ipset.entries('kube-ipvs-range-hairpin-6'), [
      'fd00:244::5,fd00:244::5/128',
    ]);
    await table.relist();
    assert.deepEqual(table.differing(), []);
    assert.deepEqual(table.takeDrifted(), []);
  });

  it('is no other pair: that goes', async () => {
    const { kernel, table, round, held } = setUp();
    await table.relist();
    const left = setUp();
    await left.table.relist();
    await left.desire(member({ ...rtp, sources: [cidr('10.0.0.0/8')] }));
    const pairs = left.kernel.ipset.sets.get('kube-ipvs-range-admitted-4')?.entries ?? [];
    for (const [text, entry] of pairs) {
      kernel.ipset.sets.get('kube-ipvs-range-hairpin-4')?.entries.set(text, entry);
    }
    assert.equal(held('hairpin').length, 1);
    await table.relist();
    assert.deepEqual(await round(), []);
    assert.deepEqual(held('hairpin'), []);
  });
});
