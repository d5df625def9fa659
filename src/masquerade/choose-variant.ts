import type { IptablesVariant } from './iptables.ts';

/** What was found of one variant: what its `iptables-save` printed, or why it cannot be used. */
export type VariantFinding =
  | { readonly kind: 'works'; readonly rules: string }
  | { readonly kind: 'fails'; readonly reason: string };

export interface VariantChoice {
  readonly variant: IptablesVariant;
  /** For the log: why this one. */
  readonly why: string;
}

/** Chains by which the kubelet shows which variant the node uses (KEP-3178). */
const kubeletChains = ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY'];

/**
 * Which variant to use where nobody said: the one where the kubelet has left its hint, else the one
 * that holds more rules, else one that works, nft first (as the iptables-wrappers of Kubernetes'
 * images). Undefined where none works. Pure.
 */
export function chooseVariant(
  findings: Readonly<Record<IptablesVariant, VariantFinding>>,
): VariantChoice | undefined {
  const working = (['nft', 'legacy'] as const).flatMap((variant) => {
    const finding = findings[variant];
    return finding.kind === 'works' ? [{ variant, rules: finding.rules }] : [];
  });
  const hinted = working.find(({ rules }) =>
    kubeletChains.some((chain) => rules.includes(`:${chain} `)),
  );
  if (hinted !== undefined) {
    return { variant: hinted.variant, why: "it holds the kubelet's hint chain" };
  }
  const [fullest, other] = working.toSorted((a, b) => countRules(b.rules) - countRules(a.rules));
  if (fullest === undefined) {
    return undefined;
  }
  if (other === undefined) {
    return { variant: fullest.variant, why: 'the other one does not work here' };
  }
  return countRules(fullest.rules) > countRules(other.rules)
    ? { variant: fullest.variant, why: 'it holds rules already' }
    : {
        variant: working[0]?.variant ?? fullest.variant,
        why: 'both work and neither holds more rules',
      };
}

/** Our own rules count too: a restart stays with what was chosen before. */
function countRules(rules: string): number {
  return rules.split('\n').filter((line) => line.startsWith('-A ')).length;
}
