import { NftClient } from '../../../src/kernel/nf-tables/client.ts';
import { rulesetMessages, tableMessage } from '../../../src/kernel/nf-tables/write-ruleset.ts';
import { ElementKind } from '../../../src/kernel/packet-filter/nftables/element-kind.ts';
import { rulesetOf, tableName } from '../../../src/kernel/packet-filter/nftables/rules.ts';
import type { MemberChange } from '../../../src/kernel/packet-filter/packet-filter.ts';
import { FakeNfTables } from './nf-tables.ts';

const families = ['IPv4', 'IPv6'] as const;

export interface WrittenNfTables {
  readonly kernel: FakeNfTables;
  readonly client: NftClient;
  readonly kind: ElementKind;
}

/** A kernel with our table and nothing in its sets, and the kind that fills them. */
export async function writtenNfTables(
  isTableInPlace: () => boolean = () => true,
  onApplied: (change: MemberChange) => void = () => undefined,
): Promise<WrittenNfTables> {
  const kernel = new FakeNfTables();
  const client = new NftClient(kernel.open);
  const ruleset = rulesetOf(families, { local: { kind: 'none' }, masqueradeAll: false });
  await client.transact([tableMessage(tableName, 0), ...rulesetMessages(ruleset)]);
  kernel.transactions.length = 0;
  const target = () => ({ client, table: tableName, head: tableMessage(tableName, 0) });
  const kind = new ElementKind({
    ...{ client, families, target, isTableInPlace, onApplied },
    servePortRanges: () => Promise.resolve(),
  });
  return { kernel, client, kind };
}
