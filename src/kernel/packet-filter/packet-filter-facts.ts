import type { IpFamily } from '../../net/ip-address.ts';
import type { BaseChain, NftClient } from '../nf-tables/client.ts';
import { hookNumber, verdictCode } from '../nf-tables/protocol.ts';
import type { DroppingChain, PacketFilterFacts } from './choose-packet-filter.ts';
import type { RunProgram } from './iptables/iptables.ts';
import { legacyRules } from './iptables/legacy-rules.ts';
import { whyNotHere } from './nftables/foundation.ts';
import type { RuleSettings } from './nftables/rules.ts';

/** The chains that packets of Services and their answers pass. */
const passed = ['INPUT', 'FORWARD'];

/** Finds out what decides about the packet filter; changes nothing. Never rejects. */
export async function readPacketFilterFacts(
  client: NftClient,
  families: readonly IpFamily[],
  settings: RuleSettings,
  run?: RunProgram,
): Promise<PacketFilterFacts> {
  const nftablesLacks = await whyNotHere(client, families, settings);
  return {
    nftablesLacks,
    dropping:
      nftablesLacks === undefined
        ? [...(await droppingOfNft(client)), ...(await droppingOfLegacy(families, run))]
        : [],
  };
}

async function droppingOfNft(client: NftClient): Promise<readonly DroppingChain[]> {
  return droppingOfIptablesNft(await client.baseChains().catch(() => []));
}

/** Chains of iptables-nft: what that has made are tables of nf_tables like any others. Pure. */
export function droppingOfIptablesNft(chains: readonly BaseChain[]): readonly DroppingChain[] {
  return chains
    .filter((chain) => isOfIptables(chain) && chain.policy === verdictCode.drop)
    .map(({ family, name }) => ({
      program: family === 'ip6' ? 'ip6tables-nft' : 'iptables-nft',
      chain: name,
    }));
}

/**
 * Chains of others' tables, as firewalls of nftables have them, that turn away what no rule of their own table
 * accepts: neither packet filter lifts that. Pure.
 */
export function droppingOfOthers(chains: readonly BaseChain[]): readonly BaseChain[] {
  return chains.filter(
    (chain) =>
      (chain.family === 'inet' || chain.family === 'ip' || chain.family === 'ip6') &&
      (chain.hook === hookNumber.input || chain.hook === hookNumber.forward) &&
      chain.policy === verdictCode.drop &&
      !isOfIptables(chain),
  );
}

function isOfIptables({ family, table, name }: BaseChain): boolean {
  return (family === 'ip' || family === 'ip6') && table === 'filter' && passed.includes(name);
}

async function droppingOfLegacy(
  families: readonly IpFamily[],
  run: RunProgram | undefined,
): Promise<readonly DroppingChain[]> {
  const found = await legacyRules(families, run, 'filter');
  return found.flatMap(({ rules, program }) => droppingIn(rules, program));
}

/** From what iptables-save prints: `:INPUT DROP [0:0]` in the table filter. */
export function droppingIn(rules: string, program: string): readonly DroppingChain[] {
  const filter = /^\*filter$([\s\S]*?)^COMMIT$/m.exec(rules)?.[1] ?? '';
  return passed
    .filter((chain) => new RegExp(`^:${chain} DROP `, 'm').test(filter))
    .map((chain) => ({ program, chain }));
}
