import type { MessageWriter } from '../netlink/message-writer.ts';
import type { Outcome } from '../netlink/netlink-error.ts';
import { IpvsError } from './ipvs-error.ts';
import { changeCount, oneByOne, type Operation, type RealServer } from './model.ts';
import type { OperationWriter } from './operation-writer.ts';

/**
 * The messages of a list of operations, one behind the other: one each, and one more for each real
 * server that a new virtual server starts with.
 */
export class OperationMessages {
  readonly count: number;
  readonly #operations: readonly Operation[];
  readonly #writer: OperationWriter;
  #next = 0;
  /** Of the operation before the next one, those that are still to be written. */
  #realServers: Iterator<RealServer> | undefined;

  constructor(operations: readonly Operation[], writer: OperationWriter) {
    this.#operations = operations;
    this.#writer = writer;
    this.count = operations.reduce((sum, operation) => sum + changeCount(operation), 0);
  }

  /** Writes the next of the `count` messages. Raises RangeError behind the last. */
  writeNext(writer: MessageWriter, sequence: number): void {
    const before = this.#operations[this.#next - 1];
    const realServer = this.#realServers?.next();
    if (before !== undefined && realServer?.done === false) {
      const { value } = realServer;
      this.#writer.writeRealServer(writer, sequence, 'add real server', before.id, value);
      return;
    }
    const operation = this.#operations[this.#next];
    if (operation === undefined) {
      throw new RangeError(`no operation ${this.#next}`);
    }
    this.#next += 1;
    this.#realServers =
      operation.kind === 'add virtual server' ? operation.realServers?.values() : undefined;
    this.#writer.write(writer, sequence, operation);
  }

  /** Of the outcomes of all messages, the first failure of each operation; undefined for none. */
  failures(outcomes: readonly Outcome[]): (IpvsError | undefined)[] {
    let at = 0;
    return this.#operations.map((operation) => {
      const first = at;
      at += changeCount(operation);
      for (let index = first; index < at; index += 1) {
        const cause = outcomes[index];
        if (cause !== undefined) {
          return new IpvsError(oneByOne(operation)[index - first] ?? operation, cause);
        }
      }
      return undefined;
    });
  }
}
