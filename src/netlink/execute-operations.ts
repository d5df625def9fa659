import { batchOf } from './batch.ts';
import type { NetlinkConnection } from './connection.ts';
import type { MessageWriter } from './message-writer.ts';
import type { NetlinkError } from './netlink-error.ts';

/** How the operations of one kind become messages. */
export interface OperationKind<Operation, Failure extends Error> {
  /** How long a message is as a rule, in bytes. */
  readonly messageBytes: number;
  write(writer: MessageWriter, sequence: number, operation: Operation): void;
  /** The error that is made of the kernel's answer. */
  describe(operation: Operation, cause: NetlinkError): Failure;
}

/**
 * Carries out operations in their order, in few datagrams. Answers one by one: undefined for
 * success, else why not. One that fails does not stop those behind it.
 */
export async function executeOperations<Operation, Failure extends Error>(
  connection: NetlinkConnection,
  operations: readonly Operation[],
  kind: OperationKind<Operation, Failure>,
): Promise<(Failure | undefined)[]> {
  const { length } = operations;
  const at = (index: number): Operation => {
    const operation = operations[index];
    if (operation === undefined) {
      throw new RangeError(`no operation ${index}`);
    }
    return operation;
  };
  const batch = batchOf(length, kind.messageBytes, (writer, sequence, index) => {
    kind.write(writer, sequence, at(index));
  });
  const failures = await connection.executeBatch(batch);
  const outcomes = new Array<Failure | undefined>(length).fill(undefined);
  for (const [index, cause] of failures) {
    outcomes[index] = kind.describe(at(index), cause);
  }
  return outcomes;
}
