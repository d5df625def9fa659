import type { Summary } from './statistics.ts';
import { variantTitles, type VariantName } from './variant-names.ts';

/** A ratio of medians that a variant has to keep. */
export type Bound = {
  readonly variant: VariantName;
  readonly ratio: number;
  /** A goal is shown, and fails nothing until it becomes required. */
  readonly status: 'required' | 'goal';
} & ({ readonly kind: 'times as fast as ipvsadm' } | { readonly kind: 'times the floor at most' });

/** For 5,000 Services with 5 real servers. */
export const bounds: readonly Bound[] = [
  { status: 'required', variant: 'client', kind: 'times as fast as ipvsadm', ratio: 6 },
  { status: 'goal', variant: 'reconciler', kind: 'times as fast as ipvsadm', ratio: 8 },
  { status: 'goal', variant: 'reconciler', kind: 'times the floor at most', ratio: 1.5 },
  { status: 'goal', variant: 'everything', kind: 'times as fast as ipvsadm', ratio: 4 },
];

/** For small tables, where only something absurd is a finding. */
export const boundsOfSmallTables: readonly Bound[] = [
  { status: 'required', variant: 'client', kind: 'times as fast as ipvsadm', ratio: 2 },
];

export type Summaries = Readonly<Record<VariantName, Summary>>;

/** How many times as fast as ipvsadm. */
export function speedUp(summaries: Summaries, variant: VariantName): number {
  return summaries.ipvsadm.median / summaries[variant].median;
}

/** How many times the floor. */
export function timesFloor(summaries: Summaries, variant: VariantName): number {
  return summaries[variant].median / summaries.floor.median;
}

export function isHeld(bound: Bound, summaries: Summaries): boolean {
  switch (bound.kind) {
    case 'times as fast as ipvsadm':
      return speedUp(summaries, bound.variant) >= bound.ratio;
    case 'times the floor at most':
      return timesFloor(summaries, bound.variant) <= bound.ratio;
  }
}

/** `>= 6x ipvsadm`, `<= 1.5x floor`. */
export function formatBound(bound: Bound): string {
  return bound.kind === 'times as fast as ipvsadm'
    ? `>= ${bound.ratio}x ipvsadm`
    : `<= ${bound.ratio}x floor`;
}

/** One sentence for each required bound that is missed. */
export function missedBounds(applied: readonly Bound[], summaries: Summaries): string[] {
  return applied
    .filter((bound) => bound.status === 'required' && !isHeld(bound, summaries))
    .map((bound) => {
      const measured =
        bound.kind === 'times as fast as ipvsadm'
          ? `${speedUp(summaries, bound.variant).toFixed(2)} times as fast as ipvsadm`
          : `${timesFloor(summaries, bound.variant).toFixed(2)} times the floor`;
      return `${variantTitles[bound.variant]}: ${measured}, the bound is ${formatBound(bound)}`;
    });
}
