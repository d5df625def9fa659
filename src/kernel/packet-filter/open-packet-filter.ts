import type { IpFamily } from '../../net/ip-address.ts';
import type { Failure } from '../../reconcile/any-kind-table.ts';
import { SetClient } from '../ipset/client.ts';
import { NftClient } from '../nf-tables/client.ts';
import { choosePacketFilter } from './choose-packet-filter.ts';
import type { ChainSettings } from './iptables/chains.ts';
import { iptablesVariants, type IptablesVariant, type RunProgram } from './iptables/iptables.ts';
import { openIptablesFilter } from './iptables/iptables-filter.ts';
import { allSets, spareOf } from './iptables/sets.ts';
import { openNftablesFilter } from './nftables/nftables-filter.ts';
import { tableName } from './nftables/rules.ts';
import {
  packetFilterKinds,
  type PacketFilter,
  type PacketFilterKind,
  type PacketFilterListener,
} from './packet-filter.ts';
import { readPacketFilterFacts } from './packet-filter-facts.ts';

export interface PacketFilterSettings {
  readonly packetFilter: PacketFilterKind | 'auto';
  /** For the packet filter of iptables. */
  readonly iptables: IptablesVariant | 'auto';
  readonly chains: ChainSettings;
}

/** Opens the packet filter of this node; nothing is changed by that. `run` starts the programs of iptables. */
export async function openPacketFilter(
  families: readonly IpFamily[],
  settings: PacketFilterSettings,
  listener: PacketFilterListener,
  run?: RunProgram,
): Promise<PacketFilter> {
  const kind = await kindOf(families, settings, listener, run);
  switch (kind) {
    case 'nftables':
      return openNftablesFilter(families, settings.chains, listener);
    case 'iptables':
      return openIptablesFilter(families, settings, listener, run);
  }
}

async function kindOf(
  families: readonly IpFamily[],
  { packetFilter, chains }: PacketFilterSettings,
  listener: PacketFilterListener,
  run: RunProgram | undefined,
): Promise<PacketFilterKind> {
  if (packetFilter !== 'auto') {
    listener.note(`packet filter ${packetFilter}: the configuration says so`);
    return packetFilter;
  }
  const client = new NftClient();
  try {
    const facts = await readPacketFilterFacts(client, families, chains, run);
    const { kind, why } = choosePacketFilter(facts);
    listener.note(`packet filter ${kind}: ${why}`);
    return kind;
  } finally {
    client.close();
  }
}

/** Whether the kernel holds anything of a packet filter of ours. Asks over netlink alone; never rejects. */
export async function isThere(
  kind: PacketFilterKind,
  families: readonly IpFamily[],
): Promise<boolean> {
  if (kind === 'nftables') {
    const client = new NftClient();
    try {
      return (await client.table(tableName)) !== undefined;
    } catch {
      return false;
    } finally {
      client.close();
    }
  }
  const sets = new SetClient();
  try {
    const names = await sets.names();
    return allSets(families).some((set) => names.has(set.name) || names.has(spareOf(set).name));
  } catch {
    return false;
  } finally {
    sets.close();
  }
}

/** The same of all packet filters: the configuration may have been another one before. */
export async function removePacketFilters(
  families: readonly IpFamily[],
  settings: Pick<PacketFilterSettings, 'chains'>,
  run?: RunProgram,
): Promise<readonly Failure[]> {
  const left: Failure[] = [];
  for (const kind of packetFilterKinds) {
    left.push(...(await removePacketFilter(kind, families, settings, run)));
  }
  return left;
}

/**
 * Takes everything of a packet filter of ours out of the kernel, whichever variant of iptables it is of, as far
 * as it goes. Returns what did not go.
 */
export async function removePacketFilter(
  kind: PacketFilterKind,
  families: readonly IpFamily[],
  { chains }: Pick<PacketFilterSettings, 'chains'>,
  run?: RunProgram,
): Promise<readonly Failure[]> {
  const silent: PacketFilterListener = { note: () => undefined, changed: () => undefined };
  const filters =
    kind === 'nftables'
      ? [openNftablesFilter(families, chains, silent)]
      : iptablesVariants.map((iptables) =>
          openIptablesFilter(families, { chains, iptables }, silent, run),
        );
  try {
    const failures: Failure[] = [];
    for (const [index, filter] of filters.entries()) {
      const left = await filter.remove();
      // Sets that rules of the other variant refer to go with these.
      const isLast = index === filters.length - 1;
      failures.push(...left.filter(({ key }) => isLast || !key.startsWith('set ')));
    }
    return failures;
  } finally {
    filters.forEach((filter) => {
      filter.close();
    });
  }
}
