import { setInRule, tablesOf, type ChainSettings, type Table } from './chains.ts';
import { ourTables, removalText, restoreText } from './restore-text.ts';
import { spareNameOf } from './sets.ts';

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
    .map(fromVipAlone)
    .map((table) => asNamedIn(present, table));
  return (
    restoreText(staying, present) +
    removalText(
      ours.filter(({ name }) => name !== 'nat'),
      present,
    )
  );
}

/**
 * What such a text does, each thing as a line: `delete rule -A INPUT ... of table filter (iptables-nft)`. What
 * is not deleted is the chain with the masquerade. Pure.
 */
export function describeGiveWay(text: string, program: string): readonly string[] {
  return text
    .split(/^(?=\*)/m)
    .filter((part) => part !== '')
    .flatMap((part) => {
      const place = `table ${/^\*(\S+)/.exec(part)?.[1] ?? ''} (${program})`;
      const each = (line: RegExp) => Array.from(part.matchAll(line), ([, what = '']) => what);
      const deleted = each(/^-X (\S+)$/gm);
      const emptied = each(/^:(\S+) /gm).filter((chain) => !deleted.includes(chain));
      return [
        ...each(/^-D (.+)$/gm).map((rule) => `delete rule -A ${rule} of ${place}`),
        ...deleted.map((chain) => `delete chain ${chain} of ${place}`),
        ...emptied.map(
          (chain) =>
            `empty chain ${chain} of ${place}, but for the masquerade of what leaves with a VIP`,
        ),
      ];
    });
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

/** With spares in place of the sets whose spares the rules look into that are there. */
function asNamedIn(present: string, { name, chains, jumps }: Table): Table {
  const isNamed = (set: string): boolean => present.includes(`-set ${set} `);
  const named = (text: string): string =>
    text.replaceAll(setInRule, (option, set: string) =>
      isNamed(spareNameOf(set)) && !isNamed(set) ? option.replace(set, spareNameOf(set)) : option,
    );
  return {
    name,
    chains: chains.map((chain) => ({ ...chain, rules: chain.rules.map(named) })),
    jumps: jumps.map((jump) => ({ ...jump, rule: named(jump.rule) })),
  };
}
