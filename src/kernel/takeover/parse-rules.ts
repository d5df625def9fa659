/** A rule as `iptables-save` prints it. */
export interface SavedRule {
  readonly chain: string;
  /** Where it leads, by a jump or for good; undefined where it says nothing of that. */
  readonly target: string | undefined;
  readonly text: string;
}

export interface RulesOfTable {
  readonly chains: readonly string[];
  readonly rules: readonly SavedRule[];
}

const ruleText = /^-A (\S+)/;

/** Texts in quotes may hold anything. */
const quoted = /"(?:[^"\\]|\\.)*"/g;
const targetText = / -[jg] (\S+)/;

/** What `iptables-save` printed, by the names of the tables. Pure. */
export function parseRules(printed: string): ReadonlyMap<string, RulesOfTable> {
  const tables = new Map<string, { readonly chains: string[]; readonly rules: SavedRule[] }>();
  let table: { readonly chains: string[]; readonly rules: SavedRule[] } = { chains: [], rules: [] };
  for (const line of printed.split('\n').map((each) => each.trim())) {
    if (line.startsWith('*')) {
      table = { chains: [], rules: [] };
      tables.set(line.slice(1), table);
    } else if (line.startsWith(':')) {
      table.chains.push(line.slice(1).split(' ')[0] ?? '');
    } else {
      const chain = ruleText.exec(line)?.[1];
      if (chain !== undefined) {
        const target = targetText.exec(line.replaceAll(quoted, '""'))?.[1];
        table.rules.push({ chain, target, text: line });
      }
    }
  }
  return tables;
}
