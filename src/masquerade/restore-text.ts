import type { Table } from './chains.ts';

/**
 * The text for `iptables-restore --noflush` that puts our chains in place, whole and in one
 * transaction per table, and the jumps that are missing in front of everybody else's rules.
 * `present` is what `iptables-save` printed. Pure.
 */
export function restoreText(tables: readonly Table[], present: string): string {
  const rules = new Set(rulesByTable(present));
  return tables
    .map(({ name, chains, jumps }) => {
      const missing = jumps.filter(({ from, rule }) => !rules.has(`${name} -A ${from} ${rule}`));
      return lines(
        `*${name}`,
        ...chains.map((chain) => `:${chain.name} - [0:0]`),
        ...chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${rule}`)),
        // The first jump is to stand first: they are put in front one after the other.
        ...missing.toReversed().map(({ from, rule }) => `-I ${from} 1 ${rule}`),
        'COMMIT',
      );
    })
    .join('');
}

/**
 * The text that takes out the jumps and the chains again, for what of them `iptables-save`
 * printed; empty where nothing of ours is there. Pure.
 */
export function removalText(tables: readonly Table[], present: string): string {
  const rules = rulesByTable(present);
  return tables
    .map(({ name, chains }) => {
      const names = chains
        .map((chain) => chain.name)
        .filter((chain) => present.includes(`\n:${chain} `));
      const jumps = rules
        .filter((rule) => rule.startsWith(`${name} -A `) && isJumpToOurs(rule, chains))
        .map((rule) => rule.slice(name.length + 1).replace(/^-A /, '-D '));
      return names.length + jumps.length === 0
        ? ''
        : lines(
            `*${name}`,
            ...names.map((chain) => `:${chain} - [0:0]`),
            ...jumps,
            ...names.map((chain) => `-X ${chain}`),
            'COMMIT',
          );
    })
    .join('');
}

/** `filter -A INPUT ...`: each rule with its table. */
function rulesByTable(present: string): string[] {
  const rules: string[] = [];
  let table = '';
  for (const line of present.split('\n')) {
    if (line.startsWith('*')) {
      table = line.slice(1).trim();
    } else if (line.startsWith('-A ')) {
      rules.push(`${table} ${line.trim()}`);
    }
  }
  return rules;
}

/** Ours refer to each other too; only what stands in another's chain is to be deleted. */
function isJumpToOurs(rule: string, chains: Table['chains']): boolean {
  const [, , from = ''] = rule.split(' ');
  const target = / -j (\S+)$/.exec(rule)?.[1];
  const names = chains.map(({ name }) => name);
  return target !== undefined && names.includes(target) && !names.includes(from);
}

function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}
