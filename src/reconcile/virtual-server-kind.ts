import type { IpvsClient } from '../ipvs/client.ts';
import type { IpvsError } from '../ipvs/ipvs-error.ts';
import { formatRealServer, type Operation } from '../ipvs/model.ts';
import { readOne, readTable, type ListedVirtualServer } from '../ipvs/read-table.ts';
import type { VirtualServer } from '../translate/desired.ts';
import type { Kind } from './kind.ts';
import {
  afterOperation,
  idOf,
  virtualServerDifference,
  type ObservedVirtualServer,
} from './virtual-server-difference.ts';

/** Virtual servers with their real servers, as a kind of the loop. */
export class VirtualServerKind implements Kind<VirtualServer, ObservedVirtualServer, Operation> {
  readonly name = 'virtual server';
  readonly difference = virtualServerDifference;
  readonly after = afterOperation;
  readonly #client: IpvsClient;

  constructor(client: IpvsClient) {
    this.#client = client;
  }

  async list(): Promise<Map<string, ObservedVirtualServer>> {
    const table = await readTable(this.#client);
    return new Map(Array.from(table, ([key, listed]) => [key, observedFrom(listed)]));
  }

  async read(
    known: ReadonlyMap<string, VirtualServer | ObservedVirtualServer>,
  ): Promise<Map<string, ObservedVirtualServer>> {
    const found = new Map<string, ObservedVirtualServer>();
    for (const [key, row] of known) {
      const listed = await readOne(this.#client, 'id' in row ? row.id : idOf(row));
      if (listed !== undefined) {
        found.set(key, observedFrom(listed));
      }
    }
    return found;
  }

  apply(operations: readonly Operation[]): Promise<(IpvsError | undefined)[]> {
    return this.#client.execute(operations);
  }
}

/** The row of the loop for what the kernel lists. */
export function observedFrom(listed: ListedVirtualServer): ObservedVirtualServer {
  return {
    id: listed.id,
    settings: listed.settings,
    realServers: new Map(
      listed.realServers.map(({ address, port, method, weight }) => [
        formatRealServer({ address, port }),
        { address, port, method, weight },
      ]),
    ),
  };
}
