import { tablesOf, type ChainSettings, type Table } from './chains.ts';
import { ourTables, removalText, restoreText } from './restore-text.ts';

const lastChain = 'KIPVS-POSTROUTING';

/**
 * The text for `iptables-restore --noflush` that takes our chains out, but for what masquerades packets that
 * would leave with a VIP: as long as VIPs are bound the node's own processes choose them as their source.
 * Empty where `iptables-save` printed none of them. Pure.
 */
export function giveWayText(
  family: Parameters<typeof tablesOf>[0],
  settings: ChainSettings,
  present: string,
): string {
  const ours = ourTables(present);
  const isThere = ours.some(({ name, chains }) =>
    chains.some((chain) => name === 'nat' && chain.name === lastChain),
  );
  if (!isThere) {
    return removalText(ours, present);
  }
  const staying = tablesOf(family, settings)
    .filter(({ name }) => name === 'nat')
    .map(fromVipAlone);
  return (
    restoreText(staying, present) +
    removalText(
      ours.filter(({ name }) => name !== 'nat'),
      present,
    )
  );
}

function fromVipAlone({ name, chains, jumps }: Table): Table {
  return {
    name,
    chains: chains
      .filter((chain) => chain.name === lastChain)
      .map((chain) => ({
        ...chain,
        rules: chain.rules.filter((rule) => /^-m set --match-set \S+ src -j MASQUERADE/.test(rule)),
      })),
    jumps: jumps.filter(({ to }) => to === lastChain),
  };
}
