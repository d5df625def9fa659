import { describeOperation } from '../../src/kernel/ipvs/ipvs-error.ts';
import {
  changeCount,
  formatVirtualServer,
  oneByOne,
  type Operation,
} from '../../src/kernel/ipvs/model.ts';
import type { KernelError, Kind, ListSink } from '../../src/reconcile/kind.ts';
import {
  afterOperations,
  virtualServerDifference,
  type DesiredVirtualServer,
  type ObservedVirtualServer,
} from '../../src/kernel/ipvs/virtual-server-difference.ts';

/** What becomes of the next changes of an object, the order being that of the faults. */
export type Fault =
  /** It is refused, with this errno. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It is done, and the answer is lost. */
  | { readonly kind: 'answer lost' };

export class FakeKernelError extends Error implements KernelError {
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${code}: ${what}`);
    this.code = code;
  }
}

/**
 * A toy for the tests of the loop's table, which knows no kernel: rows in memory that take every
 * change, and failures of whole calls, which no kernel gives on command. It borrows the rows of
 * virtual servers; what a kernel does with those is for the fake kernel to say.
 */
export class FakeKind implements Kind<DesiredVirtualServer, ObservedVirtualServer, Operation> {
  readonly name = 'virtual server';
  readonly difference = virtualServerDifference;
  readonly after = afterOperations;
  readonly sizeOf = changeCount;
  /** A test changes it as somebody else would. */
  readonly rows = new Map<string, ObservedVirtualServer>();
  /** Every change that is asked for, in the words of operators. */
  readonly log: string[] = [];
  /** Calls of `list`, and keys that `read` was called for. */
  lists = 0;
  readonly reads: string[] = [];
  /** Errors that the next calls as a whole reject with, in their order. */
  readonly listErrors: Error[] = [];
  readonly readErrors: Error[] = [];
  readonly applyErrors: Error[] = [];
  /** What the next calls wait for before they do anything. */
  gate: Promise<unknown> = Promise.resolve();
  readonly #faults = new Map<string, Fault[]>();

  /** Each fault is used up by one change of the object. */
  addFaults(key: string, ...faults: readonly Fault[]): void {
    this.#faults.set(key, [...(this.#faults.get(key) ?? []), ...faults]);
  }

  async list(sink: ListSink<ObservedVirtualServer>): Promise<void> {
    await this.gate;
    this.lists += 1;
    throwNext(this.listErrors);
    const part = sink.begin();
    this.rows.forEach((row, key) => {
      part.take(key, row);
    });
    part.end();
  }

  /** Every key needs its row: the real kinds ask the kernel by that. */
  async read(
    known: ReadonlyMap<string, DesiredVirtualServer | ObservedVirtualServer>,
  ): Promise<Map<string, ObservedVirtualServer>> {
    if ([...known.values()].includes(undefined as never)) {
      throw new TypeError('a key without a row to ask about');
    }
    await this.gate;
    this.reads.push(...known.keys());
    throwNext(this.readErrors);
    return new Map([...this.rows].filter(([key]) => known.has(key)));
  }

  async apply(changes: readonly Operation[]): Promise<readonly (KernelError | undefined)[]> {
    await this.gate;
    throwNext(this.applyErrors);
    return changes.map((change) => this.#applyOne(change));
  }

  #applyOne(change: Operation): KernelError | undefined {
    const words = oneByOne(change).map(describeOperation);
    this.log.push(...words);
    const key = formatVirtualServer(change.id);
    const fault = this.#faults.get(key)?.shift();
    if (fault?.kind === 'refused') {
      return new FakeKernelError(fault.code, words[0] ?? '');
    }
    const row = afterOperations(this.rows.get(key), [change]);
    if (row === undefined) {
      this.rows.delete(key);
    } else {
      this.rows.set(key, row);
    }
    return fault === undefined ? undefined : new FakeKernelError('ETIMEDOUT', words[0] ?? '');
  }
}

function throwNext(errors: Error[]): void {
  const error = errors.shift();
  if (error !== undefined) {
    throw error;
  }
}
