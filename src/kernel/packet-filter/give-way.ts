import type { IpFamily } from '../../net/ip-address.ts';
import { withNftClient } from '../nf-tables/with-client.ts';
import type { ChainSettings } from './iptables/chains.ts';
import { giveWayText } from './iptables/give-way.ts';
import { Iptables, iptablesVariants, type RunProgram } from './iptables/iptables.ts';
import { savedBy } from './iptables/saved-by.ts';
import { giveWayInNftables } from './nftables/give-way.ts';

/**
 * Takes our rules out of the kernel, of both packet filters, so that those of another proxy alone decide; what
 * stays masquerades packets that would leave the node with a VIP as their source. Sets, VIPs and virtual servers
 * are left as they are. Returns the names of what has given way. Rejects with the first error.
 */
export async function giveWay(
  families: readonly IpFamily[],
  settings: ChainSettings,
  run?: RunProgram,
): Promise<readonly string[]> {
  const given: string[] = [];
  if (await withNftClient((client) => giveWayInNftables(client, families))) {
    given.push('table inet kube-ipvs (nftables)');
  }
  for (const family of families) {
    for (const variant of iptablesVariants) {
      const iptables = new Iptables(family, variant, run);
      const text = giveWayText(family, settings, await savedBy(iptables));
      if (text !== '') {
        await iptables.restore(text);
        given.push(`chains KIPVS-* (${iptables.program})`);
      }
    }
  }
  return given;
}
