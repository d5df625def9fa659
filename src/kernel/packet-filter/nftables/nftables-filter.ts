import { asError } from '../../../base/as-error.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import type { Failure } from '../../../reconcile/any-kind-table.ts';
import { KindTable } from '../../../reconcile/kind-table.ts';
import { throwFirst } from '../../netlink/execute-operations.ts';
import { NftClient } from '../../nf-tables/client.ts';
import type { FilterMember, FilterRole } from '../filter-member.ts';
import { ifNews } from '../local-detector.ts';
import type {
  AddressWithPortRanges,
  FilterTable,
  PacketFilter,
  PacketFilterListener,
} from '../packet-filter.ts';
import {
  elementsOfObserved,
  isMember,
  type ElementChange,
  type ObservedMember,
} from './element-change.ts';
import { ElementKind } from './element-kind.ts';
import { executeRows, type RowTarget } from './execute-rows.ts';
import { takingUp, TableFoundation } from './foundation.ts';
import { addressOfElement, memberKey } from './member-elements.ts';
import { tableName, type RuleSettings } from './rules.ts';
import { TableWatch } from './table-watch.ts';

/** Opens the packet filter of a table of its own in nf_tables; nothing is asked or changed by that. */
export function openNftablesFilter(
  families: readonly IpFamily[],
  settings: RuleSettings,
  listener: PacketFilterListener,
  client = new NftClient(),
): PacketFilter {
  const table = new TableFoundation(client, families, settings, listener);
  const target = (): RowTarget => ({ client, table: tableName, head: table.head() });
  const kind = new ElementKind({
    client,
    families,
    target,
    isTableInPlace: () => table.inPlace,
    servePortRanges: () => table.servePortRanges(),
    onApplied: (change) => {
      listener.changed(change);
    },
  });
  return {
    kind: 'nftables',
    foundations: [table],
    members: new MemberTable(kind),
    watch: (watchListener) => new TableWatch(client, table, watchListener),
    setLocalDetector: ifNews(settings.local, (local) => {
      table.setLocalDetector(local);
    }),
    addressesOf: async (role) => addressesOf(role, await readMembers(kind, client)),
    portRanges: () => portRangesIn(kind, client),
    async forget(addresses) {
      // Before anything is in place the table is nobody's, or open to all.
      const header = await client.table(tableName);
      if (header === undefined) {
        return;
      }
      const rows = (await kind.observed()).map((observed) => ({
        remove: elementsOfObserved(observed).filter((element) =>
          addresses.has(addressOfElement(element)?.text ?? ''),
        ),
        add: [],
      }));
      throwFirst(await executeRows({ ...target(), head: takingUp(header) }, rows));
    },
    remove: () => removeTable(table),
    close() {
      client.close();
    },
  };
}

/** The table of what the sets and maps hold. */
class MemberTable
  extends KindTable<FilterMember, ObservedMember, ElementChange>
  implements FilterTable
{
  readonly keyOf = memberKey;
}

/** Undefined where there is no table of ours. */
async function readMembers(
  kind: ElementKind,
  client: NftClient,
): Promise<readonly FilterMember[] | undefined> {
  // Not readable, or not there: then there is nothing of ours.
  const header = await client.table(tableName).catch(() => undefined);
  return header === undefined ? undefined : (await kind.observed()).filter(isMember);
}

/** Of what the sets hold of port ranges, where those get marks. */
async function portRangesIn(
  kind: ElementKind,
  client: NftClient,
): Promise<readonly AddressWithPortRanges[]> {
  const header = await client.table(tableName);
  return header === undefined ? [] : kind.portRanges();
}

function addressesOf(
  role: FilterRole,
  members: readonly FilterMember[] | undefined,
): ReadonlySet<string> | undefined {
  return members === undefined
    ? undefined
    : new Set(
        members.flatMap(({ role: own, entry }) =>
          own === role && entry.kind !== 'port' ? [entry.address.text] : [],
        ),
      );
}

async function removeTable(table: TableFoundation): Promise<readonly Failure[]> {
  try {
    await table.remove();
    return [];
  } catch (error) {
    return [{ kind: 'foundation', key: table.name, error: asError(error) }];
  }
}
