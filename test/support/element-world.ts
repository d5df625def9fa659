import assert from 'node:assert/strict';
import { formatEntry } from '../../src/kernel/packet-filter/filter-entry.ts';
import type { FilterMember } from '../../src/kernel/packet-filter/filter-member.ts';
import { memberKey } from '../../src/kernel/packet-filter/nftables/member-elements.ts';
import type { NftClient } from '../../src/kernel/nf-tables/client.ts';
import type {
  ElementChange,
  ObservedMember,
} from '../../src/kernel/packet-filter/nftables/element-change.ts';
import type { MemberChange } from '../../src/kernel/packet-filter/packet-filter.ts';
import { KindTable } from '../../src/reconcile/kind-table.ts';
import type { FakeNfTables } from './fake-kernel/nf-tables.ts';
import { writtenNfTables } from './fake-kernel/written-nf-tables.ts';

/** The table of the loop over a fake kernel, and what it told. */
export interface ElementWorld {
  readonly kernel: FakeNfTables;
  readonly client: NftClient;
  readonly table: KindTable<FilterMember, ObservedMember, ElementChange>;
  readonly told: string[];
  readonly node: { isTableInPlace: boolean };
  readonly desire: (...members: readonly FilterMember[]) => void;
  /** The messages of what has failed. */
  readonly round: (nowMs?: number) => Promise<readonly string[]>;
  readonly settled: (...members: readonly FilterMember[]) => Promise<void>;
  /** What `nft add element` and its like would do: the key, and the verdict of one in a map. */
  readonly othersPut: (set: string, key: string, verdict?: string, keyEnd?: string) => void;
  readonly othersDelete: (set: string) => void;
}

export async function elementWorld(): Promise<ElementWorld> {
  const told: string[] = [];
  const node = { isTableInPlace: true };
  const { kernel, client, kind } = await writtenNfTables(
    () => node.isTableInPlace,
    (change) => told.push(changeWords(change)),
  );
  const table = new KindTable(kind);
  const desire = (...members: readonly FilterMember[]) => {
    members.forEach((member) => {
      table.setDesired(memberKey(member), member);
    });
  };
  const round = async (nowMs = 0) => {
    await table.reread(nowMs);
    const added = await table.applyAdditions(nowMs);
    const removed = await table.applyRemovals(nowMs);
    return [...added.failures, ...removed.failures].map(({ error }) => error.message);
  };
  const settled = async (...members: readonly FilterMember[]) => {
    await table.relist();
    desire(...members);
    assert.deepEqual(await round(), []);
    kernel.transactions.length = 0;
    told.length = 0;
  };
  const othersPut = (set: string, key: string, verdict?: string, keyEnd?: string) => {
    const elements = kernel.table()?.sets.get(set)?.elements;
    assert.ok(elements, set);
    elements.set(`${key}-${keyEnd ?? key}`, { key, keyEnd, verdict });
  };
  const othersDelete = (set: string) => kernel.table()?.sets.get(set)?.elements.clear();
  return { kernel, client, table, told, node, desire, round, settled, othersPut, othersDelete };
}

function changeWords({ kind, member }: MemberChange): string {
  return `${kind} ${member.role} ${formatEntry(member.entry)}`;
}
