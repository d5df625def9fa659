import type { Batch } from '../netlink/batch.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import type { Failures } from '../netlink/netlink-error.ts';
import { IpvsError } from './ipvs-error.ts';
import {
  changeCount,
  oneByOne,
  type Operation,
  type RealServer,
  type VirtualServerId,
} from './model.ts';
import { longestMessageBytes, type OperationWriter } from './operation-writer.ts';

/** The real servers that were still to be written when a datagram was full. */
interface Rest {
  readonly id: VirtualServerId;
  readonly realServers: readonly RealServer[];
}

/**
 * The messages of a list of operations, one behind the other: one each, and one more for each real
 * server that a new virtual server starts with.
 */
export class OperationMessages implements Batch {
  readonly count: number;
  readonly messageBytes = longestMessageBytes;
  readonly #operations: readonly Operation[];
  readonly #writer: OperationWriter;
  #next = 0;
  #rest: Rest | undefined;

  constructor(operations: readonly Operation[], writer: OperationWriter) {
    this.#operations = operations;
    this.#writer = writer;
    this.count = operations.reduce((sum, operation) => sum + changeCount(operation), 0);
  }

  /**
   * As `Batch` says; as many messages of ours as one datagram takes are always shorter than that.
   * Raises RangeError behind the last.
   */
  write(writer: MessageWriter, sequence: number, most: number): number {
    const rest = this.#rest;
    let written = rest === undefined ? 0 : this.#writeSome(writer, sequence, most, rest);
    while (written < most) {
      const operation = this.#operations[this.#next];
      if (operation === undefined) {
        throw new RangeError(`no operation ${this.#next}`);
      }
      this.#next += 1;
      this.#writer.write(writer, sequence + written, operation);
      written += 1;
      if (operation.kind === 'add virtual server' && operation.realServers !== undefined) {
        const { id, realServers } = operation;
        const { size } = realServers;
        if (written + size <= most) {
          this.#writer.writeRealServers(writer, sequence + written, id, realServers, size);
          written += size;
        } else {
          const all = { id, realServers: [...realServers.values()] };
          written += this.#writeSome(writer, sequence + written, most - written, all);
        }
      }
    }
    return written;
  }

  /** Of the failures of all messages, the first one of each operation; undefined for none. */
  failures(failures: Failures): (IpvsError | undefined)[] {
    const outcomes = new Array<IpvsError | undefined>(this.#operations.length).fill(undefined);
    if (failures.size > 0) {
      let at = 0;
      this.#operations.forEach((operation, index) => {
        outcomes[index] = firstFailure(operation, failures, at);
        at += changeCount(operation);
      });
    }
    return outcomes;
  }

  /** Writes so many real servers as `most` allows, and keeps the others; answers how many. */
  #writeSome(writer: MessageWriter, sequence: number, most: number, all: Rest): number {
    const { id } = all;
    const realServers = all.realServers.slice(0, most);
    this.#writer.writeRealServers(writer, sequence, id, realServers, realServers.length);
    const others = all.realServers.slice(most);
    this.#rest = others.length === 0 ? undefined : { id, realServers: others };
    return realServers.length;
  }
}

/** `at`: the index of the operation's first message. */
function firstFailure(operation: Operation, failures: Failures, at: number): IpvsError | undefined {
  const count = changeCount(operation);
  for (let index = 0; index < count; index += 1) {
    const cause = failures.get(at + index);
    if (cause !== undefined) {
      return new IpvsError(oneByOne(operation)[index] ?? operation, cause);
    }
  }
  return undefined;
}
