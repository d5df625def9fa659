import type { IpvsClient } from '../ipvs/client.ts';
import type { IpvsError } from '../ipvs/ipvs-error.ts';
import {
  changeCount,
  formatRealServer,
  formatVirtualServer,
  type Operation,
} from '../ipvs/model.ts';
import type { ListedRealServer } from '../ipvs/proc-table.ts';
import {
  readOne,
  readTable,
  type ListedVirtualServer,
  type TableReader,
} from '../ipvs/read-table.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { VirtualServer } from '../translate/desired.ts';
import { eachInParts } from '../work-in-parts.ts';
import { executeWithTrials } from './scheduler-trial.ts';
import { DrainTimes } from './drain-times.ts';
import { noDifference, type Kind } from './kind.ts';
import {
  afterOperations,
  idOf,
  virtualServerDifference,
  type ObservedVirtualServer,
} from './virtual-server-difference.ts';

/** What is needed of the client. */
export type VirtualServerClient = TableReader & Pick<IpvsClient, 'execute'>;

/** Virtual servers with their real servers, as a kind of the loop. */
export class VirtualServerKind implements Kind<VirtualServer, ObservedVirtualServer, Operation> {
  readonly name = 'virtual server';
  readonly difference: typeof virtualServerDifference;
  readonly after = afterOperations;
  readonly #client: VirtualServerClient;
  readonly #now: () => number;
  readonly #readTable: typeof readTable;
  readonly #drainTimes = new DrainTimes();
  readonly #knownSchedulers = new Set<string>();
  readonly #onApplied: (operation: Operation) => void;

  /** `now` in milliseconds; `onApplied` hears of each operation that succeeded.
   * Virtual servers with an excluded address are left as they are, whatever is desired. */
  constructor(
    client: VirtualServerClient,
    now: () => number = Date.now,
    read = readTable,
    onApplied: (operation: Operation) => void = () => undefined,
    isExcluded: (address: IpAddress) => boolean = () => false,
  ) {
    this.difference = (desired, observed) => {
      const address = desired?.address ?? addressOf(observed);
      return address !== undefined && isExcluded(address)
        ? noDifference
        : virtualServerDifference(desired, observed);
    };
    this.#client = client;
    this.#onApplied = onApplied;
    this.#now = now;
    this.#readTable = read;
  }

  async list(
    isStale: (key: string) => boolean = () => false,
  ): Promise<Map<string, ObservedVirtualServer>> {
    const table = await this.#readTable(this.#client);
    for (const key of this.#drainTimes.virtualServers()) {
      if (!table.has(key) && !isStale(key)) {
        this.#drainTimes.forget(key);
      }
    }
    const observed = new Map<string, ObservedVirtualServer>();
    const nowMs = this.#now();
    await eachInParts(table, ([key, listed]) => {
      if (!isStale(key)) {
        observed.set(key, this.#observe(key, listed, undefined, nowMs));
      }
    });
    return observed;
  }

  /** The real servers of a row with the same ones are those of the desired row, in one map for both. */
  unify(desired: VirtualServer, observed: ObservedVirtualServer): ObservedVirtualServer {
    const { id, settings, realServers } = observed;
    return desired.realServers.size === realServers.size
      ? { id, settings, realServers: desired.realServers }
      : observed;
  }

  async read(
    known: ReadonlyMap<string, VirtualServer | ObservedVirtualServer>,
  ): Promise<Map<string, ObservedVirtualServer>> {
    const found = new Map<string, ObservedVirtualServer>();
    for (const [key, row] of known) {
      const listed = await readOne(this.#client, 'id' in row ? row.id : idOf(row));
      if (listed === undefined) {
        this.#drainTimes.forget(key);
      } else {
        const limitMs = 'drainTimeoutMs' in row ? row.drainTimeoutMs : undefined;
        found.set(key, this.#observe(key, listed, limitMs, this.#now()));
      }
    }
    return found;
  }

  async apply(operations: readonly Operation[]): Promise<(IpvsError | undefined)[]> {
    const outcomes = await executeWithTrials(this.#client, this.#knownSchedulers, operations);
    operations.forEach((operation, index) => {
      if (outcomes[index] === undefined) {
        this.#followDraining(operation);
        this.#onApplied(operation);
      }
    });
    return outcomes;
  }

  sizeOf(operation: Operation): number {
    return changeCount(operation);
  }

  /** Those with real servers that drain: their connections come to an end without a notice. */
  restless(): readonly string[] {
    return this.#drainTimes.virtualServers();
  }

  #observe(
    key: string,
    listed: ListedVirtualServer,
    limitMs: number | undefined,
    nowMs: number,
  ): ObservedVirtualServer {
    const drains = (realServer: ListedRealServer): boolean =>
      listed.settings.owned && realServer.weight === 0;
    const draining = listed.realServers.filter(drains).map(formatRealServer);
    this.#drainTimes.replace(key, draining, nowMs);
    return observedFrom(
      listed,
      (realServer) =>
        limitMs !== undefined &&
        drains(realServer) &&
        this.#drainTimes.elapsedMs(key, formatRealServer(realServer), nowMs) >= limitMs,
    );
  }

  #followDraining(operation: Operation): void {
    const key = formatVirtualServer(operation.id);
    switch (operation.kind) {
      case 'change virtual server':
        break;
      case 'add virtual server':
      case 'delete virtual server':
        this.#drainTimes.forget(key);
        break;
      case 'add real server':
      case 'change real server':
        if (operation.realServer.weight === 0) {
          this.#drainTimes.start(key, formatRealServer(operation.realServer), this.#now());
        } else {
          this.#drainTimes.end(key, formatRealServer(operation.realServer));
        }
        break;
      case 'delete real server':
        this.#drainTimes.end(key, formatRealServer(operation.realServer));
        break;
    }
  }
}

function addressOf(observed: ObservedVirtualServer | undefined): IpAddress | undefined {
  return observed?.id.kind === 'address' ? observed.id.address : undefined;
}

/** The row of the loop for what the kernel lists; `isTimeUp` limits the draining. */
export function observedFrom(
  listed: ListedVirtualServer,
  isTimeUp: (realServer: ListedRealServer) => boolean = () => false,
): ObservedVirtualServer {
  return {
    id: listed.id,
    settings: listed.settings,
    realServers: new Map(
      listed.realServers.map((realServer) => {
        const { address, port, method, weight } = realServer;
        const connections = realServer.activeConnections + realServer.inactiveConnections;
        const drain = connections === 0 || isTimeUp(realServer) ? 'over' : 'unknown';
        return [formatRealServer(realServer), { address, port, method, weight, drain }];
      }),
    ),
  };
}
