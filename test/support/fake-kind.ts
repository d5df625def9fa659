import type { AddressOperation } from '../../src/addresses/messages.ts';
import { describeOperation } from '../../src/ipvs/ipvs-error.ts';
import {
  changeCount,
  formatRealServer,
  formatVirtualServer,
  oneByOne,
  type Operation,
} from '../../src/ipvs/model.ts';
import type { IpAddress } from '../../src/net/ip-address.ts';
import {
  afterAddressOperations,
  boundAddressDifference,
  type ObservedAddress,
} from '../../src/reconcile/bound-address-difference.ts';
import type { Difference, KernelError, Kind, ListSink } from '../../src/reconcile/kind.ts';
import {
  afterOperations,
  virtualServerDifference,
  type ObservedVirtualServer,
} from '../../src/reconcile/virtual-server-difference.ts';
import type { VirtualServer } from '../../src/translate/desired.ts';

/** What makes a FakeKind one of virtual servers, or of addresses. */
interface Rules<Desired, Observed, Change> {
  readonly name: string;
  difference(desired: Desired | undefined, observed: Observed | undefined): Difference<Change>;
  after(observed: Observed | undefined, changes: readonly Change[]): Observed | undefined;
  sizeOf?(change: Change): number;
  keyOf(change: Change): string;
  /** In the words of operators, a line for each change that it stands for. */
  describe(change: Change): readonly [string, ...string[]];
  /** The errno with which a kernel answers a change that does not fit what it holds. */
  refusal(observed: Observed | undefined, change: Change): string | undefined;
  /** What the kernel shows of it. */
  show(observed: Observed): Observed;
  /** Whether it changes by itself. */
  isRestless?(observed: Observed): boolean;
}

/** How the kernel answers the next changes of an object, the order being that of the faults. */
export type Fault =
  /** It refuses, with this errno. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It does what is asked, and the answer is lost. */
  | { readonly kind: 'answer lost' };

export class FakeKernelError extends Error implements KernelError {
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${code}: ${what}`);
    this.code = code;
  }
}

/** A part of a kernel in memory, with the real rules of its kind and faults to order. */
export class FakeKind<Desired, Observed, Change> implements Kind<Desired, Observed, Change> {
  readonly name: string;
  /** What the kernel holds; a test changes it as somebody else would. */
  readonly rows = new Map<string, Observed>();
  /** Calls of `list`, and keys that `read` was called for. */
  lists = 0;
  readonly reads: string[] = [];
  /** Errors that the next calls as a whole reject with, in their order. */
  readonly listErrors: Error[] = [];
  readonly readErrors: Error[] = [];
  readonly applyErrors: Error[] = [];
  /** What the kernel refuses as long as this is set, besides what does not fit. */
  refuses: (change: Change) => KernelError | undefined = () => undefined;
  /** What the next calls wait for before they do anything. */
  gate: Promise<unknown> = Promise.resolve();
  /** What a list waits for once it has read the table: what comes meanwhile is not in it. */
  afterListing: Promise<unknown> = Promise.resolve();
  readonly #rules: Rules<Desired, Observed, Change>;
  readonly #log: string[];
  readonly #faults = new Map<string, Fault[]>();

  /** `log` takes every change that is asked for, of all kinds that share it. */
  constructor(rules: Rules<Desired, Observed, Change>, log: string[] = []) {
    this.name = rules.name;
    this.#rules = rules;
    this.#log = log;
  }

  /** Each fault is used up by one change of the object. */
  addFaults(key: string, ...faults: readonly Fault[]): void {
    this.#faults.set(key, [...(this.#faults.get(key) ?? []), ...faults]);
  }

  clearFaults(): void {
    this.#faults.clear();
    this.listErrors.length = 0;
    this.readErrors.length = 0;
    this.applyErrors.length = 0;
  }

  async list(sink: ListSink<Observed>): Promise<void> {
    await this.gate;
    this.lists += 1;
    throwNext(this.listErrors);
    const listed = this.snapshot();
    await this.afterListing;
    const part = sink.begin();
    listed.forEach((row, key) => {
      part.take(key, row);
    });
    part.end();
  }

  /** Every key needs its row: the real kinds ask the kernel by that. */
  async read(known: ReadonlyMap<string, Desired | Observed>): Promise<Map<string, Observed>> {
    if ([...known.values()].includes(undefined as never)) {
      throw new TypeError('a key without a row to ask about');
    }
    await this.gate;
    this.reads.push(...known.keys());
    throwNext(this.readErrors);
    return new Map([...this.snapshot()].filter(([key]) => known.has(key)));
  }

  difference(desired: Desired | undefined, observed: Observed | undefined): Difference<Change> {
    return this.#rules.difference(desired, observed);
  }

  after(observed: Observed | undefined, changes: readonly Change[]): Observed | undefined {
    return this.#rules.after(observed, changes);
  }

  sizeOf(change: Change): number {
    return this.#rules.sizeOf?.(change) ?? 1;
  }

  restless(): readonly string[] {
    return [...this.rows]
      .filter(([, row]) => this.#rules.isRestless?.(row) === true)
      .map(([key]) => key);
  }

  async apply(changes: readonly Change[]): Promise<readonly (KernelError | undefined)[]> {
    await this.gate;
    throwNext(this.applyErrors);
    return changes.map((change) => this.#applyOne(change));
  }

  /** A copy that later changes leave alone. */
  snapshot(): Map<string, Observed> {
    return new Map(Array.from(this.rows, ([key, row]) => [key, this.#rules.show(row)]));
  }

  /** Does a change as somebody else would: unlogged, without faults. */
  drift(change: Change): void {
    const key = this.#rules.keyOf(change);
    const row = this.rows.get(key);
    if (this.#rules.refusal(row, change) === undefined) {
      this.#set(key, this.#rules.after(row, [change]));
    }
  }

  #applyOne(change: Change): KernelError | undefined {
    this.#log.push(...this.#rules.describe(change));
    const key = this.#rules.keyOf(change);
    const fault = this.#faults.get(key)?.shift();
    if (fault?.kind === 'refused') {
      return new FakeKernelError(fault.code, this.#rules.describe(change)[0]);
    }
    const refused = this.refuses(change);
    if (refused !== undefined) {
      return refused;
    }
    const row = this.rows.get(key);
    const code = this.#rules.refusal(row, change);
    if (code !== undefined) {
      return new FakeKernelError(code, this.#rules.describe(change)[0]);
    }
    this.#set(key, this.#rules.after(row, [change]));
    return fault === undefined
      ? undefined
      : new FakeKernelError('ETIMEDOUT', this.#rules.describe(change)[0]);
  }

  #set(key: string, row: Observed | undefined): void {
    if (row === undefined) {
      this.rows.delete(key);
    } else {
      this.rows.set(key, row);
    }
  }
}

export type FakeVirtualServers = FakeKind<VirtualServer, ObservedVirtualServer, Operation>;
export type FakeBoundAddresses = FakeKind<IpAddress, ObservedAddress, AddressOperation>;

/**
 * IPVS as far as its table goes; the errnos are those of net/netfilter/ipvs/ip_vs_ctl.c. Nobody
 * has connections: draining is over at the next look.
 */
export function fakeVirtualServers(log?: string[]): FakeVirtualServers {
  return new FakeKind(
    {
      name: 'virtual server',
      difference: virtualServerDifference,
      after: afterOperations,
      sizeOf: changeCount,
      keyOf: ({ id }) => formatVirtualServer(id),
      describe: linesOf,
      refusal: ipvsRefusal,
      show: (row) => ({ ...row, realServers: withoutConnections(row.realServers) }),
      isRestless: ({ settings, realServers }) =>
        settings.owned && [...realServers.values()].some(({ weight }) => weight === 0),
    },
    log,
  );
}

function linesOf(operation: Operation): readonly [string, ...string[]] {
  const [first, ...others] = oneByOne(operation);
  return [describeOperation(first), ...others.map(describeOperation)];
}

/** The addresses of the VIP link. */
export function fakeBoundAddresses(log?: string[]): FakeBoundAddresses {
  return new FakeKind(
    {
      name: 'bound address',
      difference: boundAddressDifference,
      after: afterAddressOperations,
      keyOf: ({ address }) => address.text,
      describe: ({ kind, address }) => [`${kind} ${address.text}`],
      refusal: addressRefusal,
      show: (row) => row,
    },
    log,
  );
}

function withoutConnections(
  realServers: ObservedVirtualServer['realServers'],
): ObservedVirtualServer['realServers'] {
  return new Map(Array.from(realServers, ([key, row]) => [key, { ...row, drain: 'over' }]));
}

function ipvsRefusal(
  row: ObservedVirtualServer | undefined,
  operation: Operation,
): string | undefined {
  if (operation.kind === 'add virtual server') {
    return row === undefined ? undefined : 'EEXIST';
  }
  if (row === undefined) {
    return 'ESRCH';
  }
  if (!('realServer' in operation)) {
    return undefined;
  }
  const present = row.realServers.has(formatRealServer(operation.realServer));
  if (operation.kind === 'add real server') {
    return present ? 'EEXIST' : undefined;
  }
  return present ? undefined : 'ENOENT';
}

function addressRefusal(
  row: ObservedAddress | undefined,
  { kind }: AddressOperation,
): string | undefined {
  if (kind === 'bind') {
    return row === undefined ? undefined : 'EEXIST';
  }
  return row === undefined ? 'EADDRNOTAVAIL' : undefined;
}

function throwNext(errors: Error[]): void {
  const error = errors.shift();
  if (error !== undefined) {
    throw error;
  }
}
