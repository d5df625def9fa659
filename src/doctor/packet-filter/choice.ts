import {
  choosePacketFilter,
  type DroppingChain,
  type PacketFilterChoice,
} from '../../kernel/packet-filter/choose-packet-filter.ts';
import type { PacketFilterKind } from '../../kernel/packet-filter/packet-filter.ts';
import {
  droppingIn,
  droppingOfIptablesNft,
} from '../../kernel/packet-filter/packet-filter-facts.ts';
import type { NodeReaders } from '../readers.ts';
import { lookAtNftables, whyNotNftables, type NftablesSeen } from './nftables.ts';

/** What decides about the packet filter. */
export interface ChoiceSeen {
  readonly wanted: PacketFilterKind | 'auto';
  readonly nftables: NftablesSeen;
  /** Chains of iptables whose policy is DROP. */
  readonly dropping: readonly DroppingChain[];
}

/** Rejects where modules may not be read. */
export async function lookAtChoice(readers: NodeReaders): Promise<ChoiceSeen> {
  const chains = await readers.nftBaseChains();
  return {
    wanted: readers.settings.kernel.packetFilter,
    nftables: await lookAtNftables(readers),
    dropping: [...droppingOfIptablesNft(chains), ...(await droppingOfLegacy(readers))],
  };
}

/** As the daemon would choose, but by what can be told without asking the kernel for a table. Pure. */
export function choiceOf({ wanted, nftables, dropping }: ChoiceSeen): PacketFilterChoice {
  return wanted === 'auto'
    ? choosePacketFilter({ nftablesLacks: whyNotNftables(nftables), dropping })
    : { kind: wanted, why: 'the configuration says so' };
}

async function droppingOfLegacy(readers: NodeReaders): Promise<readonly DroppingChain[]> {
  const found: DroppingChain[] = [];
  for (const family of readers.families) {
    const rules = await readers.rules(family, 'legacy');
    const program = family === 'IPv4' ? 'iptables-legacy' : 'ip6tables-legacy';
    found.push(...(rules.kind === 'rules' ? droppingIn(rules.text, program) : []));
  }
  return found;
}
