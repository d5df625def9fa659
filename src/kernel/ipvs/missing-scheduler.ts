import { IpvsError } from './ipvs-error.ts';
import { isScheduler, type Scheduler } from './schedulers.ts';
import type { Failure } from '../../reconcile/any-kind-table.ts';

/**
 * The scheduler that the kernel turned out to lack, where that is what failed: it answers
 * ENOENT to a virtual server with a scheduler that it neither has nor can load.
 */
export function missingSchedulerOf({ error }: Failure): Scheduler | undefined {
  if (!(error instanceof IpvsError) || error.code !== 'ENOENT') {
    return undefined;
  }
  const { operation } = error;
  // A virtual server that is gone answers so too; but then it is added again, not changed.
  return 'settings' in operation && isScheduler(operation.settings.scheduler)
    ? operation.settings.scheduler
    : undefined;
}
