import { chainsOfAllVersions, tableNames, type Jump, type Table } from './chains.ts';
import type { Need } from './missing-feature.ts';

/** So begin the names of our sets. */
const setPrefix = 'kube-ipvs-';

const probeChain = 'KIPVS-PROBE';

/**
 * The text for `iptables-restore --noflush` that puts our chains in place, whole and in one
 * transaction per table, and the jumps that are missing: in front of everybody else's rules, or
 * behind them. Chains and jumps of ours that no longer belong there (another version's) go with the same
 * transaction. `present` is what `iptables-save` printed; `ours` are the names of the chains of all versions.
 * Pure.
 */
export function restoreText(
  tables: readonly Table[],
  present: string,
  ours = chainsOfAllVersions,
): string {
  return tables
    .filter(({ chains, jumps }) => chains.length + jumps.length > 0)
    .map(({ name, chains, jumps }) => {
      const names = chains.map((chain) => chain.name);
      const rules = rulesOf(present, name);
      const missing = jumps.filter((jump) => !rules.includes(appendOf(jump)));
      const at = (place: Jump['place']) => missing.filter((jump) => jump.place === place);
      const stale = chainsOf(present, name, ours).filter((chain) => !names.includes(chain));
      return lines(
        `*${name}`,
        ...[...names, ...stale].map((chain) => `:${chain} - [0:0]`),
        ...chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${rule}`)),
        ...staleJumps(rules, jumps, names, stale).map(deletionOf),
        // The first jump is to stand first: they are put in front one after the other.
        ...at('first')
          .toReversed()
          .map(({ from, rule }) => `-I ${from} 1 ${rule}`),
        ...at('last').map(appendOf),
        ...stale.map((chain) => `-X ${chain}`),
        'COMMIT',
      );
    })
    .join('');
}

/**
 * The text that takes out the jumps and the chains again, for what of them `iptables-save`
 * printed; empty where nothing of them is there. Pure.
 */
export function removalText(tables: readonly Table[], present: string): string {
  return tables
    .map(({ name, chains }) => {
      const own = chains.map((chain) => chain.name);
      const there = own.filter((chain) => present.includes(`\n:${chain} `));
      const jumps = rulesOf(present, name).filter((rule) => isJumpTo(rule, own));
      return there.length + jumps.length === 0
        ? ''
        : lines(
            `*${name}`,
            ...there.map((chain) => `:${chain} - [0:0]`),
            ...jumps.map(deletionOf),
            ...there.map((chain) => `-X ${chain}`),
            'COMMIT',
          );
    })
    .join('');
}

/** What there is of ours, of whichever version, for its removal: the names alone. Pure. */
export function ourTables(present: string): readonly Table[] {
  return tableNames.map((name) => ({
    name,
    chains: chainsOf(present, name, chainsOfAllVersions).map((chain) => ({
      name: chain,
      rules: [],
    })),
    jumps: [],
  }));
}

/**
 * The text that is taken only where each need is met, and that leaves nothing behind: each table
 * has its chain for a moment. Pure.
 */
export function probeText(needs: readonly Need[]): string {
  const tables = [...new Set(needs.map(({ table }) => table))];
  return tables
    .map((table) => {
      const rules = needs
        .filter((need) => need.table === table)
        .flatMap(({ rule }) => (rule === undefined ? [] : [`-A ${probeChain} ${rule}`]));
      const chain = `:${probeChain} - [0:0]`;
      return (
        lines(`*${table}`, chain, ...rules, 'COMMIT') +
        lines(`*${table}`, chain, `-X ${probeChain}`, 'COMMIT')
      );
    })
    .join('');
}

/** The lines of one table. */
function partOf(present: string, table: string): readonly string[] {
  const all = present.split('\n').map((line) => line.trim());
  const start = all.indexOf(`*${table}`);
  const end = start === -1 ? -1 : all.indexOf('COMMIT', start);
  return start === -1 ? [] : all.slice(start + 1, end === -1 ? undefined : end);
}

/** The chains of ours in a table. */
function chainsOf(present: string, table: string, ours: ReadonlySet<string>): readonly string[] {
  return partOf(present, table)
    .filter((line) => line.startsWith(':'))
    .map((line) => line.slice(1).split(' ')[0] ?? '')
    .filter((name) => ours.has(name));
}

/** The rules of all chains in a table: `-A INPUT ...`. */
function rulesOf(present: string, table: string): readonly string[] {
  return partOf(present, table).filter((line) => line.startsWith('-A '));
}

/**
 * Jumps of another version of this program, known by the sets that they look into, and whatever leads
 * to a chain that is to go. What somebody else leads to a chain of ours by hand stays.
 */
function staleJumps(
  rules: readonly string[],
  wanted: readonly Jump[],
  names: readonly string[],
  stale: readonly string[],
): readonly string[] {
  const texts = new Set(wanted.map(appendOf));
  return rules.filter(
    (rule) =>
      (isJumpTo(rule, stale) && !isJumpOf(rule, names)) ||
      (isJumpTo(rule, names) && rule.includes(` --match-set ${setPrefix}`) && !texts.has(rule)),
  );
}

/** Ours refer to each other too; only what stands in another's chain is to be deleted. */
function isJumpTo(rule: string, chains: readonly string[]): boolean {
  const target = / -j (\S+)$/.exec(rule)?.[1];
  return target !== undefined && chains.includes(target) && !isJumpOf(rule, chains);
}

function isJumpOf(rule: string, chains: readonly string[]): boolean {
  return chains.includes(rule.split(' ')[1] ?? '');
}

function appendOf({ from, rule }: Jump): string {
  return `-A ${from} ${rule}`;
}

function deletionOf(jump: string): string {
  return jump.replace(/^-A /, '-D ');
}

function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}
