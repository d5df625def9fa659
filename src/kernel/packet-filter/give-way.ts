import type { IpFamily } from '../../net/ip-address.ts';
import { withNftClient } from '../nf-tables/with-client.ts';
import type { ChainSettings } from './iptables/chains.ts';
import { describeGiveWay, giveWayText } from './iptables/give-way.ts';
import { Iptables, iptablesVariants, type RunProgram } from './iptables/iptables.ts';
import { savedBy } from './iptables/saved-by.ts';
import {
  describeCalls,
  findCalls,
  giveWayInNftables,
  type CallsFound,
} from './nftables/give-way.ts';

/** Our rules in the kernel, of both packet filters: what decides about packets beside another proxy. */
export interface OurRules {
  readonly nftables: CallsFound | undefined;
  readonly iptables: readonly RulesFound[];
}

/** The rules of one program, and the text that takes them out. */
interface RulesFound {
  readonly iptables: Iptables;
  readonly text: string;
}

/** Finds them; changes nothing. Rejects with NetlinkError or IptablesError. */
export async function findOurRules(
  families: readonly IpFamily[],
  settings: ChainSettings,
  run?: RunProgram,
): Promise<OurRules> {
  const found: RulesFound[] = [];
  for (const family of families) {
    for (const variant of iptablesVariants) {
      const iptables = new Iptables(family, variant, run);
      const text = giveWayText(family, settings, await savedBy(iptables));
      found.push(...(text === '' ? [] : [{ iptables, text }]));
    }
  }
  return { nftables: await withNftClient(findCalls), iptables: found };
}

/** Each thing that was found, as what is done to it: `delete chain KIPVS-INPUT of table filter (iptables-nft)`. Pure. */
export function describeOurRules({ nftables, iptables }: OurRules): readonly string[] {
  return [
    ...(nftables === undefined ? [] : describeCalls(nftables)),
    ...iptables.flatMap(({ iptables: { program }, text }) => describeGiveWay(text, program)),
  ];
}

/**
 * Takes them out of the kernel, so that those of another proxy alone decide; what stays masquerades packets
 * that would leave the node with a VIP as their source. Sets, VIPs and virtual servers are left as they are.
 * Rejects with the first error.
 */
export async function giveWay(
  families: readonly IpFamily[],
  { nftables, iptables: found }: OurRules,
): Promise<void> {
  if (nftables !== undefined) {
    await withNftClient((client) => giveWayInNftables(client, families, nftables));
  }
  for (const { iptables, text } of found) {
    await iptables.restore(text);
  }
}
