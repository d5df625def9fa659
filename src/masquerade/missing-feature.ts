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

/**
 * What must be missing for these rules to be refused while those are taken: the features that no
 * accepted rule has. Where that says nothing, the refused rules themselves. Pure.
 */
export function missingFeatures(
  refused: readonly string[],
  accepted: readonly string[],
): readonly string[] {
  const present = new Set(accepted.flatMap(featuresOf));
  const missing = new Set(refused.flatMap(featuresOf).filter((feature) => !present.has(feature)));
  return missing.size > 0 ? [...missing] : refused.map((rule) => `rule "${rule}"`);
}

const moduleOfTarget = new Map([
  ['MARK', 'xt_mark'],
  ['REJECT', 'ipt_REJECT and ip6t_REJECT'],
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
