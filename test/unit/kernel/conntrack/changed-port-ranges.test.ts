import assert from 'node:assert/strict';
import { StaleFlows } from '../../../../src/kernel/conntrack/stale-flows.ts';
import { portRangesOf } from '../../../../src/kernel/packet-filter/filter-member.ts';
import type { MarkedRange } from '../../../../src/kernel/packet-filter/marked-range.ts';
import type { MemberChange } from '../../../../src/kernel/packet-filter/packet-filter.ts';
import { ip } from '../../../support/cluster-objects.ts';
import { realServer } from '../../../support/ipvs-examples.ts';
import { flowOf, vip } from '../../../support/stale-flow-examples.ts';

const marked = { kind: 'fwmark', family: 'IPv4', fwmark: 5 } as const;
const anyPort = realServer('10.244.1.1', { port: 0 });

function ranges(fields: Partial<MarkedRange> = {}): MarkedRange {
  return {
    ...{ protocol: 'UDP', first: 10, last: 20, mark: 5, role: 'cluster', sources: undefined },
    ...fields,
  };
}

function change(kind: MemberChange['kind'], ...all: readonly MarkedRange[]): MemberChange {
  return { kind, member: portRangesOf(ip(vip), all) };
}

function after(...changes: readonly MemberChange[]): StaleFlows {
  const stale = new StaleFlows();
  changes.forEach((one) => {
    stale.noteMemberChange(one);
  });
  return stale;
}

/** To a port of the VIP, answered by a Pod at the same port, or by the VIP itself where nobody translated. */
const toPod = (port: number) => flowOf('UDP', { server: '10.244.1.1', port, serverPort: port });

describe('stale flows to port ranges', () => {
  it('are those to a real server that is gone, at whatever port, and not to others', () => {
    const stale = new StaleFlows();
    stale.note({ kind: 'delete real server', id: marked, realServer: anyPort });
    assert.ok(stale.isStale(toPod(15)));
    assert.ok(stale.isStale(toPod(53)));
    assert.ok(!stale.isStale(flowOf('UDP', { server: '10.244.1.1', port: 53 })), 'another port');
    assert.ok(!stale.isStale(flowOf('UDP', { server: '10.244.1.2', port: 15, serverPort: 15 })));
    assert.deepEqual(stale.selection.answered, new Set(['UDP']));
  });

  it('are UDP flows to ports that come, go, or get another mark', () => {
    for (const stale of [
      after(change('added', ranges())),
      after(change('deleted', ranges())),
      after(change('deleted', ranges()), change('added', ranges({ mark: 6 }))),
      after(change('deleted', ranges()), change('added', ranges({ role: 'refused' }))),
    ]) {
      assert.ok(stale.isStale(toPod(10)));
      assert.ok(stale.isStale(toPod(20)));
      assert.ok(!stale.isStale(toPod(21)));
    }
  });

  it('are none of ports that stay as they are while others come', () => {
    const stale = after(change('deleted', ranges()), change('added', ranges({ last: 30 })));
    assert.ok(!stale.isStale(toPod(15)));
    assert.ok(stale.isStale(toPod(25)));
  });

  it('of TCP are those that nobody has answered, and refusals', () => {
    const stale = after(change('added', ranges({ protocol: 'TCP' })));
    const tcp = { server: '10.244.1.1', port: 15, serverPort: 15 };
    assert.ok(!stale.isStale(flowOf('TCP', tcp)));
    assert.ok(stale.isStale(flowOf('TCP', { ...tcp, unanswered: true })));
    assert.ok(stale.isStale(flowOf('TCP', { ...tcp, serverPort: 0 })));
  });

  it('are late answers of a real server that is back', () => {
    const stale = new StaleFlows();
    stale.note({ kind: 'add real server', id: marked, realServer: anyPort });
    const late = flowOf('UDP', {
      ...{ client: '10.244.1.1', vip: '10.244.0.9', server: '10.244.0.9' },
      ...{ port: 35_000, serverPort: 35_000, unanswered: true },
    });
    assert.ok(stale.isStale(late));
    assert.ok(!stale.isStale({ ...late, answered: true }));
  });
});
