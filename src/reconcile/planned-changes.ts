import type { Row } from './kind-rows.ts';

/** The changes of one row that are carried out together. */
export interface Planned<Desired, Observed, Change> {
  readonly row: Row<Desired, Observed>;
  /** What the changes lead to, and what they start from. */
  readonly desired: Desired | undefined;
  readonly observed: Observed | undefined;
  readonly changes: readonly Change[];
  /** How many changes of the kernel these are. */
  readonly size: number;
  /** Nothing else differs. */
  readonly areAll: boolean;
}

/** The changes of all objects, one behind the other. */
export function allChanges<Change>(
  planned: readonly { readonly changes: readonly Change[] }[],
): readonly Change[] {
  const changes: Change[] = [];
  for (let index = 0; index < planned.length; index += 1) {
    const own = planned[index]?.changes ?? [];
    for (let at = 0; at < own.length; at += 1) {
      changes.push(own[at] as Change); // there are so many
    }
  }
  return changes;
}

/** The first of the outcomes from `start` to `end` that is an error. */
export function firstError(
  outcomes: readonly (Error | undefined)[],
  start: number,
  end: number,
): Error | undefined {
  for (let index = start; index < end; index += 1) {
    if (outcomes[index] !== undefined) {
      return outcomes[index];
    }
  }
  return undefined;
}

/** The changes of an object that the kernel took; their outcomes begin at `first`. */
export function takenOf<Change>(
  { changes }: { readonly changes: readonly Change[] },
  outcomes: readonly (Error | undefined)[],
  first: number,
): readonly Change[] {
  return changes.filter((_, index) => outcomes[first + index] === undefined);
}
