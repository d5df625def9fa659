import { weighingSchedulers, type Scheduler } from '../../kernel/ipvs/schedulers.ts';
import { choose, type ChoiceContext } from './annotation.ts';
import { scheduler } from './scheduler.ts';

/** What is allowed where a Service asks for what its scheduler does not heed; undefined where it does. */
export function ignoredBy(
  context: ChoiceContext,
  heeding: readonly Scheduler[] = weighingSchedulers,
): string | undefined {
  const { value } = choose(scheduler, context);
  return heeding.includes(value)
    ? undefined
    : `it has no effect: the scheduler ${value} heeds no weights; ${heeding.join(', ')} do`;
}
