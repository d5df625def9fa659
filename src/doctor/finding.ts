/** The kind of a finding, of any check, that says that nobody was there to be asked. */
export const notAsked = 'not-asked';

/** From what is as it should be to what keeps Services from being served. */
export const severities = ['ok', 'note', 'warning', 'error'] as const;
export type Severity = (typeof severities)[number];

/** What a check may find; its docs are made of the same words as its findings. */
export interface FindingKind {
  /** A name that scripts may rely on, within its check. */
  readonly id: string;
  readonly severity: Exclude<Severity, 'ok'>;
  /** What it means for the node, in whole sentences. */
  readonly means: string;
  /** The command that mends it; a word in capitals stands for what a finding puts there. */
  readonly mend: string | undefined;
}

/** One thing that a check has found. */
export interface Finding {
  readonly kind: string;
  readonly severity: Severity;
  /** What was seen on this node. */
  readonly seen: string;
  /** Empty for what is as it should be. */
  readonly means: string;
  /** A line for a shell, which the operator may paste; nothing here ever executes it. */
  readonly command: string | undefined;
}

type KindsByName<Name extends string> = Readonly<Record<Name, FindingKind>>;

/** The kinds of findings of a check, by their names. */
export function kindsOf<Name extends string>(
  kinds: Readonly<Record<Name, Omit<FindingKind, 'id' | 'mend'> & { readonly mend?: string }>>,
): KindsByName<Name> {
  const entries = Object.entries<Omit<FindingKind, 'id' | 'mend'> & { readonly mend?: string }>(
    kinds,
  );
  const named = entries.map(([id, kind]): [string, FindingKind] => [
    id,
    { id, severity: kind.severity, means: kind.means, mend: kind.mend },
  ]);
  // Object.fromEntries forgets that the keys are those of the argument.
  return Object.fromEntries(named) as KindsByName<Name>;
}

/**
 * A finding of a kind, with `command` instead of the kind's own. One of the kind that has words in capitals
 * is for the docs alone, and left out here.
 */
export function found(kind: FindingKind, seen: string, command?: string): Finding {
  const own = hasBlanksToFill.test(kind.mend ?? '') ? undefined : kind.mend;
  const { id, severity, means } = kind;
  return { kind: id, severity, seen, means, command: command ?? own };
}

const hasBlanksToFill = /\b[A-Z]{4,}\b/;

/** What is as it should be. */
export function fine(seen: string): Finding {
  return { kind: 'ok', severity: 'ok', seen, means: '', command: undefined };
}

/** The findings, or that all is well where there are none. */
export function orFine(findings: readonly Finding[], seen: string): readonly Finding[] {
  return findings.length === 0 ? [fine(seen)] : findings;
}

/** The gravest one; `ok` for none. */
export function worstOf(findings: readonly Pick<Finding, 'severity'>[]): Severity {
  return severities.findLast((each) => findings.some(({ severity }) => severity === each)) ?? 'ok';
}
