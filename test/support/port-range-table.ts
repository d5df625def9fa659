import { SetClient } from '../../src/kernel/ipset/client.ts';
import { portRangesOf, type FilterMember } from '../../src/kernel/packet-filter/filter-member.ts';
import { memberKey } from '../../src/kernel/packet-filter/iptables/member-key.ts';
import {
  SetEntryKind,
  type ObservedEntry,
  type SetChange,
} from '../../src/kernel/packet-filter/iptables/set-kind.ts';
import type { MarkedRange } from '../../src/kernel/packet-filter/marked-range.ts';
import type { MemberChange } from '../../src/kernel/packet-filter/packet-filter.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import { ip } from './cluster-objects.ts';
import { FakeKernel } from './fake-kernel/fake-kernel.ts';

export const rtp: MarkedRange = {
  protocol: 'UDP',
  first: 10_000,
  last: 10_009,
  mark: 0x1001,
  role: 'external',
  sources: undefined,
};
export const vip = '192.0.2.1';

export function member(...ranges: readonly MarkedRange[]): FilterMember {
  return portRangesOf(ip(vip), ranges);
}

export interface PortRangeTable {
  readonly kernel: FakeKernel;
  readonly table: KindTable<FilterMember, ObservedEntry, SetChange>;
  readonly told: MemberChange[];
  /** Desires members, or the ports of `vip` no more, and does what follows; returns the failures. */
  readonly desire: (...members: readonly (FilterMember | undefined)[]) => Promise<string[]>;
  readonly round: () => Promise<string[]>;
  /** What a set for port ranges holds, by the end of its name. */
  readonly held: (role: string) => string[];
  /** The marked ports of `vip`: `UDP 10000 0x1001/0x107f`. */
  readonly marks: () => string[];
  /** What was changed since this was asked last. */
  readonly changes: () => string[];
}

export function setUp(): PortRangeTable {
  const kernel = new FakeKernel();
  const client = new SetClient({}, kernel.open('netfilter'));
  const told: MemberChange[] = [];
  const kind = new SetEntryKind(
    client,
    ['IPv4', 'IPv6'],
    { inKernel: (set) => set },
    (change) => told.push(change),
    0x107f,
  );
  const table = new KindTable(kind);
  const desire = async (...members: readonly (FilterMember | undefined)[]) => {
    for (const one of members) {
      table.setDesired(memberKey(one ?? member()), one);
    }
    return round();
  };
  const round = async () => {
    await table.reread(0);
    const additions = await table.applyAdditions(0);
    const removals = await table.applyRemovals(0);
    return [...additions.failures, ...removals.failures].map(({ error }) => error.message);
  };
  return { kernel, table, desire, round, told, ...shownBy(kernel) };
}

function shownBy({ ipset, log }: FakeKernel) {
  const held = (role: string) => ipset.entries(`kube-ipvs-range-${role}-4`);
  return {
    held,
    marks: () => held('marks').map((text) => text.replace(`${vip}:`, '')),
    changes: () => log.splice(0),
  };
}

export function portsFrom(first: number, last: number, mark = 0x1001): readonly string[] {
  return Array.from(
    { length: last - first + 1 },
    (_, index) => `UDP ${first + index} 0x${mark.toString(16)}/0x107f`,
  );
}
