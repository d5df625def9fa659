/** What every kernel has, and our own chains. */
const alwaysThere = /^(?:ACCEPT|DROP|RETURN|KIPVS-.*)$/;

/** The matches and targets that a rule needs: `match set`, `target MASQUERADE`. Pure. */
export function featuresOf(rule: string): readonly string[] {
  const matches = [...rule.matchAll(/-m (\S+)/g)].map((match) => `match ${match[1] ?? ''}`);
  const targets = [...rule.matchAll(/-j (\S+)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !alwaysThere.test(target));
  return [...matches, ...targets.map((target) => `target ${target}`)];
}

/** What a rule needs of the kernel, with the shortest rule that needs nothing else. */
export interface Need {
  readonly feature: string;
  readonly table: string;
  /** Undefined for the table itself. */
  readonly rule: string | undefined;
}

/**
 * What the rules of a table need, each once: the table, the matches and the targets. The rules are
 * cut from those that need them, so that each is tried as it is used. Pure.
 */
export function needsOf(table: string, rules: readonly string[]): readonly Need[] {
  const needs = new Map<string, Need>([
    ['', { feature: `table ${table}`, table, rule: undefined }],
  ]);
  for (const part of rules.flatMap(partsOf)) {
    const [feature] = featuresOf(part);
    if (feature !== undefined && !needs.has(feature)) {
      needs.set(feature, { feature, table, rule: part });
    }
  }
  return [...needs.values()];
}

/** Each match by itself, and the target, which may be good for one protocol alone. */
function partsOf(rule: string): readonly string[] {
  const protocol = /(?:^|[^!] )(-p \S+)/.exec(rule)?.[1];
  const target = /-j .*$/.exec(rule)?.[0];
  const matches = [...rule.matchAll(/-m (?:(?! -m | -[jg] ).)+/g)].map(([match]) => match.trim());
  return [
    ...matches,
    ...(target === undefined ? [] : [[protocol, target].filter(Boolean).join(' ')]),
  ];
}

/**
 * Those of some items that are refused, with as few questions as can be: `takes` tells whether all
 * of some are taken together. Never asks about none.
 */
export async function findRefused<T>(
  items: readonly T[],
  takes: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  return items.length === 0 || (await takes(items)) ? [] : halve(items, takes);
}

/** Some of them are refused: that is known already. */
async function halve<T>(
  items: readonly T[],
  takes: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  if (items.length === 1) {
    return items;
  }
  const middle = Math.floor(items.length / 2);
  const [left, right] = [items.slice(0, middle), items.slice(middle)];
  return (await takes(left))
    ? halve(right, takes)
    : [...(await halve(left, takes)), ...(await findRefused(right, takes))];
}

const moduleOfTarget = new Map([
  ['CONNMARK', 'xt_connmark'],
  ['MARK', 'xt_mark'],
  ['REJECT', 'ipt_REJECT and ip6t_REJECT'],
  ['SET', 'xt_set'],
]);

/** The kernel's module for a feature, for the advice to load it; undefined for a rule as a whole. */
export function moduleOf(feature: string): string | undefined {
  const [kind, name = ''] = feature.split(' ');
  switch (kind) {
    case 'match':
      return `xt_${name}`;
    case 'target':
      return moduleOfTarget.get(name) ?? `xt_${name}`;
    default:
      return undefined;
  }
}
