import type { IpvsClient } from './client.ts';
import { IpvsError } from './ipvs-error.ts';
import type { Operation } from './model.ts';
import { NetlinkError } from '../netlink/netlink-error.ts';

type Outcome = IpvsError | undefined;

/**
 * Carries out operations, and tries each scheduler that is not known to work with one virtual
 * server first. The kernel starts modprobe for every operation with a scheduler that it lacks,
 * 45 ms each and nothing else meanwhile: a thousand Services would block the node's proxy for
 * most of a minute. `known` is added to.
 */
export async function executeWithTrials(
  client: Pick<IpvsClient, 'execute'>,
  known: Set<string>,
  operations: readonly Operation[],
): Promise<Outcome[]> {
  const trials = trialsOf(operations, known);
  if (trials === undefined) {
    return client.execute(operations);
  }
  const outcomes = new Map<Operation, Outcome>();
  const missing = new Set<string>();
  const tried = [...trials.values()];
  (await client.execute(tried)).forEach((outcome, index) => {
    const operation = tried[index];
    const scheduler = operation === undefined ? undefined : schedulerOf(operation);
    if (operation !== undefined && scheduler !== undefined) {
      outcomes.set(operation, outcome);
      if (outcome === undefined) {
        known.add(scheduler);
      } else if (outcome.code === 'ENOENT') {
        missing.add(scheduler);
      }
    }
  });
  const others = operations.filter((operation) => {
    const scheduler = schedulerOf(operation);
    if (scheduler !== undefined && missing.has(scheduler)) {
      outcomes.set(operation, outcomes.get(operation) ?? refusal(operation));
    }
    return !outcomes.has(operation);
  });
  (await client.execute(others)).forEach((outcome, index) => {
    const operation = others[index];
    if (operation !== undefined) {
      outcomes.set(operation, outcome);
    }
  });
  return operations.map((operation) => outcomes.get(operation));
}

/** The first operation with each scheduler that is not known yet; undefined where all are. */
function trialsOf(
  operations: readonly Operation[],
  known: ReadonlySet<string>,
): ReadonlyMap<string, Operation> | undefined {
  let trials: Map<string, Operation> | undefined;
  // Nearly all operations have the scheduler of the one before.
  let last: string | undefined;
  operations.forEach((operation) => {
    const scheduler = schedulerOf(operation);
    if (scheduler === undefined || scheduler === last) {
      return;
    }
    last = scheduler;
    if (!known.has(scheduler) && trials?.has(scheduler) !== true) {
      trials ??= new Map();
      trials.set(scheduler, operation);
    }
  });
  return trials;
}

function schedulerOf(operation: Operation): string | undefined {
  return 'settings' in operation ? operation.settings.scheduler : undefined;
}

/** What the kernel would have said. */
function refusal(operation: Operation): IpvsError {
  return new IpvsError(operation, new NetlinkError('ENOENT', 'no such file or directory'));
}
