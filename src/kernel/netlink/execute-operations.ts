import { batchOf } from './batch.ts';
import type { NetlinkConnection } from './connection.ts';
import type { MessageWriter } from './message-writer.ts';
import type { NetlinkError } from './netlink-error.ts';

/** Writes operations of a kind, each as one message. */
export interface OperationWriter<Operation> {
  /** How long a message is as a rule, in bytes. */
  readonly messageBytes: number;
  write(writer: MessageWriter, sequence: number, operation: Operation): void;
}

/**
 * Carries out operations in their order, in few datagrams. Returns for each, in order: undefined for
 * success, else the error that `describe` makes of the kernel's answer. One that fails does not
 * stop those behind it.
 */
export async function executeOperations<Operation, Failure extends Error>(
  connection: NetlinkConnection,
  operations: readonly Operation[],
  messages: OperationWriter<Operation>,
  describe: (operation: Operation, cause: NetlinkError) => Failure,
): Promise<(Failure | undefined)[]> {
  const { length } = operations;
  const batch = batchOf(length, messages.messageBytes, (writer, sequence, index) => {
    messages.write(writer, sequence, at(operations, index));
  });
  const failures = await connection.executeBatch(batch);
  const outcomes = new Array<Failure | undefined>(length).fill(undefined);
  for (const [index, cause] of failures) {
    outcomes[index] = describe(at(operations, index), cause);
  }
  return outcomes;
}

function at<Operation>(operations: readonly Operation[], index: number): Operation {
  const operation = operations[index];
  if (operation === undefined) {
    throw new RangeError(`no operation ${index}`);
  }
  return operation;
}

/** Throws the first error among the outcomes of operations, if there is any. */
export function throwFirst(outcomes: readonly (Error | undefined)[]): void {
  const error = outcomes.find((outcome) => outcome !== undefined);
  if (error !== undefined) {
    throw error;
  }
}
