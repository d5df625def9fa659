import type { SetClient } from '../../ipset/client.ts';
import type { IpSet, SetOperation } from '../../ipset/model.ts';
import type { SetEntry } from '../../ipset/set-entry.ts';
import { throwFirst } from '../../netlink/execute-operations.ts';
import { unlessAbsent } from '../../netlink/netlink-error.ts';
import { withoutIpset } from './without-ipset.ts';

/** The addresses in some sets, as texts; undefined where none of the sets is there. Rejects with NetlinkError. */
export async function addressesInSets(
  client: SetClient,
  sets: readonly IpSet[],
): Promise<ReadonlySet<string> | undefined> {
  let found: Set<string> | undefined;
  for (const set of sets) {
    const entries = await entriesOf(client, set);
    if (entries !== undefined) {
      const texts = entries.flatMap((entry) => (entry.kind === 'port' ? [] : [entry.address.text]));
      found = new Set([...(found ?? []), ...texts]);
    }
  }
  return found;
}

/** Takes the entries at some addresses out of sets. Rejects with the first error. */
export async function forgetInSets(
  client: SetClient,
  sets: readonly IpSet[],
  addresses: ReadonlySet<string>,
): Promise<void> {
  const operations: SetOperation[] = [];
  for (const set of addresses.size === 0 ? [] : sets) {
    for (const entry of (await entriesOf(client, set)) ?? []) {
      if (entry.kind !== 'port' && addresses.has(entry.address.text)) {
        operations.push({ kind: 'delete entry', set, entry });
      }
    }
  }
  throwFirst(await client.execute(operations));
}

/** Undefined as well where the kernel has no sets at all, and then there are none of ours. */
function entriesOf(client: SetClient, set: IpSet): Promise<readonly SetEntry[] | undefined> {
  return unlessAbsent(client.entries(set), withoutIpset);
}
