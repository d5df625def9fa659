import type { Finding, FindingKind } from './finding.ts';
import type { NodeReaders } from './readers.ts';

/** What is documented of a check. */
export interface CheckDocs {
  /** Scripts know a check by it: `packet-filter`. */
  readonly name: string;
  readonly title: string;
  /** What it looks at, as a sentence; it changes none of that. */
  readonly looksAt: string;
  readonly kinds: readonly FindingKind[];
}

/** One subject of the doctor. */
export interface Check extends CheckDocs {
  /** Rejects where something could not be read; the finding that follows says what. */
  run(readers: NodeReaders): Promise<readonly Finding[]>;
}

/** A check with its judgement by itself, which is pure. */
export interface CheckOf<Seen> extends Check {
  judge(seen: Seen): readonly Finding[];
}

/** Reading and judging are put together; `kinds` are given by their names. */
export function defineCheck<Seen>(
  parts: Omit<CheckDocs, 'kinds'> & {
    readonly kinds: Readonly<Record<string, FindingKind>>;
    readonly look: (readers: NodeReaders) => Promise<Seen>;
    readonly judge: (seen: Seen) => readonly Finding[];
  },
): CheckOf<Seen> {
  const { name, title, looksAt, kinds, look, judge } = parts;
  return {
    name,
    title,
    looksAt,
    kinds: Object.values(kinds),
    judge,
    run: async (readers) => judge(await look(readers)),
  };
}
