import type { IpFamily } from '../../net/ip-address.ts';
import { withNftClient } from '../nf-tables/with-client.ts';
import { choosePacketFilter, type PacketFilterChoice } from './choose-packet-filter.ts';
import type { ChainSettings } from './iptables/chains.ts';
import type { RunProgram } from './iptables/iptables.ts';
import { packetFilterKinds, type PacketFilterKind } from './packet-filter.ts';
import { readPacketFilterFacts } from './packet-filter-facts.ts';
import { isThere } from './what-is-there.ts';

/** What of the configuration decides. */
export interface DecidingSettings {
  readonly packetFilter: PacketFilterKind | 'auto';
  readonly chains: ChainSettings;
}

/** Which packet filter a start would use, and why. Changes nothing. Never rejects. */
export async function decidePacketFilter(
  families: readonly IpFamily[],
  { packetFilter, chains }: DecidingSettings,
  run?: RunProgram,
): Promise<PacketFilterChoice> {
  if (packetFilter !== 'auto') {
    return { kind: packetFilter, why: 'the configuration says so' };
  }
  return withNftClient(async (client) =>
    choosePacketFilter(await readPacketFilterFacts(client, families, chains, run)),
  );
}

/**
 * Which packet filter is at work, for questions: the one that is there, else the one that a start would use.
 * Changes nothing. Never rejects.
 */
export async function packetFilterAtWork(
  families: readonly IpFamily[],
  settings: DecidingSettings,
): Promise<PacketFilterChoice> {
  if (settings.packetFilter === 'auto') {
    const there: PacketFilterKind[] = [];
    for (const kind of packetFilterKinds) {
      there.push(...((await isThere(kind, families).catch(() => false)) ? [kind] : []));
    }
    const [only, ...others] = there;
    if (only !== undefined && others.length === 0) {
      return { kind: only, why: 'it is the one that the kernel holds' };
    }
  }
  return decidePacketFilter(families, settings);
}
