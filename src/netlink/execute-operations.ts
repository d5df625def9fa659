import type { NetlinkConnection } from './connection.ts';
import type { MessageWriter } from './message-writer.ts';
import type { NetlinkError } from './netlink-error.ts';

/**
 * Carries out operations in their order, in few datagrams. Answers one by one: undefined for
 * success, else the error that `describe` makes of the kernel's answer. One that fails does not
 * stop those behind it.
 */
export async function executeOperations<Operation, Failure extends Error>(
  connection: NetlinkConnection,
  operations: readonly Operation[],
  write: (writer: MessageWriter, sequence: number, operation: Operation) => void,
  describe: (operation: Operation, cause: NetlinkError) => Failure,
): Promise<(Failure | undefined)[]> {
  const at = (index: number): Operation => {
    const operation = operations[index];
    if (operation === undefined) {
      throw new RangeError(`no operation ${index}`);
    }
    return operation;
  };
  const outcomes = await connection.execute(operations.length, (writer, sequence, index) => {
    write(writer, sequence, at(index));
  });
  return outcomes.map((outcome, index) =>
    outcome === undefined ? undefined : describe(at(index), outcome),
  );
}
