import assert from 'node:assert/strict';
import {
  portRangesOf,
  type FilterMember,
} from '../../../../../src/kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../../../../../src/kernel/packet-filter/marked-range.ts';
import { memberKey } from '../../../../../src/kernel/packet-filter/nftables/member-elements.ts';
import { cidr, ip } from '../../../../support/cluster-objects.ts';
import { elementWorld } from '../../../../support/element-world.ts';

/** Ports 16 to 32 of UDP at 10.96.0.1, or others. */
function portRanges(...ranges: readonly Partial<MarkedRange>[]): FilterMember {
  const all = ranges.map((range): MarkedRange => ({
    ...{ protocol: 'UDP', first: 16, last: 32, mark: 5, role: 'external', sources: undefined },
    ...range,
  }));
  return portRangesOf(ip('10.96.0.1'), all);
}

describe('port ranges of an address in the table', () => {
  const sets = ['range-ends-4', 'range-sources-4', 'range-marks-4'];
  const key = (port: string) => `0a6000011100000000${port}0000`;

  it('are an element in each of three maps, whatever their length, and go with what is desired', async () => {
    const { kernel, table, desire, round, settled, client } = await elementWorld();
    await settled();
    desire(portRanges({}));
    assert.deepEqual(await round(), []);
    const range = `${key('10')}-${key('20')}`;
    assert.deepEqual(
      sets.map((set) => kernel.elements(set)),
      [
        [`${range} : goto guard-4`],
        [`${range} : goto masqueraded`],
        // In the byte order of the machine.
        [`${range} : 05000000`],
      ],
    );
    await table.relist();
    assert.deepEqual(table.differing(), []);
    table.setDesired(memberKey(portRanges()), undefined);
    assert.deepEqual(await round(), []);
    assert.deepEqual(
      sets.flatMap((set) => kernel.elements(set)),
      [],
    );
    client.close();
  });

  it('that change are one transaction, and what stays as it is in a map is not touched', async () => {
    const { kernel, desire, round, settled, client } = await elementWorld();
    await settled(portRanges({}, { first: 40, last: 50 }));
    desire(portRanges({ role: 'local' }, { first: 40, last: 50 }));
    assert.deepEqual(await round(), []);
    const range = `${key('10')}-${key('20')}`;
    assert.deepEqual(
      kernel.transactions.map((words) => words.slice(1)),
      [[`delete range-sources-4 ${range}`, `add range-sources-4 ${range} : goto own-source-4`]],
    );
    client.close();
  });

  it('with source ranges are guarded, and name who is admitted', async () => {
    const { kernel, settled, client } = await elementWorld();
    await settled(portRanges({ sources: [cidr('10.0.0.0/8')] }));
    assert.equal(kernel.elements('range-guarded-4').length, 1);
    assert.deepEqual(kernel.elements('range-admitted-4'), [
      `${key('10')}0a000000-${key('20')}0affffff`,
    ]);
    client.close();
  });

  it('are named where the kernel refuses to delete what an earlier run has left', async () => {
    const { kernel, table, round, settled, client } = await elementWorld();
    await settled(portRanges({}));
    await table.relist();
    kernel.refuses = (words) => (words.includes('range-marks-4') ? 'ENOMEM' : undefined);
    table.setDesired(memberKey(portRanges()), undefined);
    const [message = ''] = await round();
    assert.match(message, /^delete port-ranges 10\.96\.0\.1 from the table kube-ipvs: ENOMEM/);
    client.close();
  });

  it('are mended when others have changed a mark', async () => {
    const { kernel, table, round, settled, client } = await elementWorld();
    await settled(portRanges({}));
    const elements = kernel.table()?.sets.get('range-marks-4')?.elements;
    const [[name, element] = []] = [...(elements ?? [])];
    assert.ok(elements && name !== undefined && element !== undefined);
    elements.set(name, { ...element, value: '06000000' });
    await table.relist();
    assert.deepEqual(await round(), []);
    assert.deepEqual(kernel.elements('range-marks-4'), [`${key('10')}-${key('20')} : 05000000`]);
    client.close();
  });
});
