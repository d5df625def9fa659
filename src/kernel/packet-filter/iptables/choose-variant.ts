import type { IptablesVariant } from './iptables.ts';

/**
 * What was found of one variant: what its `iptables-save` printed, or why it cannot be used. What is
 * busy may work in a moment.
 */
export type VariantFinding =
  | { readonly kind: 'works'; readonly rules: string }
  | { readonly kind: 'busy'; readonly reason: string }
  | { readonly kind: 'fails'; readonly reason: string };

export type VariantChoice =
  | {
      readonly kind: 'chosen';
      readonly variant: IptablesVariant;
      /** For the log: why this one. */
      readonly why: string;
    }
  /** One that may be the right one is busy: it cannot be told yet. */
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'none' };

/** Chains by which the kubelet shows which variant the node uses (KEP-3178). */
const kubeletChains = ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY'];

/**
 * Which variant to use where nobody said: the one where the kubelet has left its hint, else the one
 * that holds more rules, else one that works, nft first (as the iptables-wrappers of Kubernetes'
 * images). A busy one is waited for: it may hold what decides. Pure.
 */
export function chooseVariant(
  findings: Readonly<Record<IptablesVariant, VariantFinding>>,
): VariantChoice {
  const working = (['nft', 'legacy'] as const).flatMap((variant) => {
    const finding = findings[variant];
    return finding.kind === 'works' ? [{ variant, rules: finding.rules }] : [];
  });
  const hinted = working.find(({ rules }) =>
    kubeletChains.some((chain) => rules.includes(`:${chain} `)),
  );
  if (hinted !== undefined) {
    return { kind: 'chosen', variant: hinted.variant, why: "it holds the kubelet's hint chain" };
  }
  const busy = Object.values(findings).find(({ kind }) => kind === 'busy');
  if (busy?.kind === 'busy') {
    return { kind: 'wait', reason: busy.reason };
  }
  const [fullest, other] = working.toSorted((a, b) => countRules(b.rules) - countRules(a.rules));
  if (fullest === undefined) {
    return { kind: 'none' };
  }
  if (other === undefined) {
    const why = 'the other one does not work here';
    return { kind: 'chosen', variant: fullest.variant, why };
  }
  return countRules(fullest.rules) > countRules(other.rules)
    ? { kind: 'chosen', variant: fullest.variant, why: 'it holds rules already' }
    : {
        kind: 'chosen',
        variant: working[0]?.variant ?? fullest.variant,
        why: 'both work and neither holds more rules',
      };
}

/** Our own rules count too: a restart stays with what was chosen before. */
function countRules(rules: string): number {
  return rules.split('\n').filter((line) => line.startsWith('-A ')).length;
}
