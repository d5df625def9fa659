import type { IpFamily } from '../../net/ip-address.ts';
import { openFilterOf, type PacketFilterSettings } from './open-packet-filter.ts';
import { packetFilterKinds, type AddressWithPortRanges } from './packet-filter.ts';

/**
 * The port ranges that the kernel holds, in whichever packet filter of ours an earlier run has left them. Nothing is
 * changed. Rejects with NetlinkError, as without the right to ask.
 */
export async function portRangesThere(
  families: readonly IpFamily[],
  settings: Pick<PacketFilterSettings, 'chains'>,
): Promise<readonly AddressWithPortRanges[]> {
  const silent = { note: () => undefined, changed: () => undefined };
  const found: AddressWithPortRanges[] = [];
  for (const kind of packetFilterKinds) {
    const filter = openFilterOf(kind, families, { ...settings, iptables: 'auto' }, silent);
    try {
      found.push(...(await filter.portRanges()));
    } finally {
      filter.close();
    }
  }
  return found;
}
