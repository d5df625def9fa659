import type { IpFamily } from '../../net/ip-address.ts';
import type { Failure } from '../../reconcile/any-kind-table.ts';
import type { PacketFilterChoice } from './choose-packet-filter.ts';
import { decidePacketFilter } from './decide-packet-filter.ts';
import type { ChainSettings } from './iptables/chains.ts';
import { iptablesVariants, type IptablesVariant, type RunProgram } from './iptables/iptables.ts';
import { openIptablesFilter } from './iptables/iptables-filter.ts';
import { openNftablesFilter } from './nftables/nftables-filter.ts';
import {
  packetFilterKinds,
  type PacketFilter,
  type PacketFilterKind,
  type PacketFilterListener,
} from './packet-filter.ts';

export interface PacketFilterSettings {
  readonly packetFilter: PacketFilterKind | 'auto';
  /** For the packet filter of iptables. */
  readonly iptables: IptablesVariant | 'auto';
  readonly chains: ChainSettings;
}

/** A packet filter with the reason why it is this one. */
export interface ChosenPacketFilter {
  readonly choice: PacketFilterChoice;
  readonly packetFilter: PacketFilter;
}

/** Opens the packet filter of this node; nothing is changed by that. `run` starts the programs of iptables. */
export async function openPacketFilter(
  families: readonly IpFamily[],
  settings: PacketFilterSettings,
  listener: PacketFilterListener,
  run?: RunProgram,
): Promise<ChosenPacketFilter> {
  const choice = await decidePacketFilter(families, settings, run);
  listener.note(`packet filter ${choice.kind}: ${choice.why}`);
  return { choice, packetFilter: openFilterOf(choice.kind, families, settings, listener, run) };
}

/** Opens a packet filter of a kind; nothing is asked or changed by that. */
export function openFilterOf(
  kind: PacketFilterKind,
  families: readonly IpFamily[],
  settings: Omit<PacketFilterSettings, 'packetFilter'>,
  listener: PacketFilterListener,
  run?: RunProgram,
): PacketFilter {
  switch (kind) {
    case 'nftables':
      return openNftablesFilter(families, settings.chains, listener);
    case 'iptables':
      return openIptablesFilter(families, settings, listener, run);
  }
}

/** Takes out all packet filters of ours, as `removePacketFilter`: the configuration may have been another one before. */
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
