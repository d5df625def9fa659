import { setTimeout as sleep } from 'node:timers/promises';
import { passed } from './screen.ts';

/** A step did not do what it says. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';

  constructor(statement: string, found: string) {
    super(`this should hold: ${statement}\n  found: ${found}`);
  }
}

/** Prints the statement where it holds, else raises StepFailure with what was found instead. */
export function check(statement: string, holds: boolean, found: string): void {
  if (!holds) {
    throw new StepFailure(statement, found);
  }
  passed(statement);
}

const pollEveryMs = 5;

/** Waits until a condition holds; false when it does not within the time. */
export async function becomesTrue(
  condition: () => boolean | Promise<boolean>,
  limitMs: number,
): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) {
      return false;
    }
    await sleep(pollEveryMs);
  }
  return true;
}
