import { Cidr } from '../../../src/net/cidr.ts';
import { IpAddress } from '../../../src/net/ip-address.ts';
import { ipFamilies } from '../../../src/kernel/ip-families.ts';
import { NftClient } from '../../../src/kernel/nf-tables/client.ts';
import { executeRows } from '../../../src/kernel/packet-filter/nftables/execute-rows.ts';
import { TableFoundation } from '../../../src/kernel/packet-filter/nftables/foundation.ts';
import type { FrontEndRole } from '../../../src/kernel/packet-filter/front-end-role.ts';
import { elementsOf } from '../../../src/kernel/packet-filter/nftables/member-elements.ts';
import { tableName } from '../../../src/kernel/packet-filter/nftables/rules.ts';
import { clusterCIDR } from '../connection/cluster.ts';
import type { ProbeInput } from '../probe-names.ts';
import type { Reading } from '../reading.ts';
import { percentile } from '../statistics.ts';
import { collectGarbage } from './collect-garbage.ts';
import { requireSuccess } from './input.ts';

/** One after the other; V8 compiles meanwhile, so that the median is of what comes then. */
const additions = 100;

/** By what stands in the maps: at cluster IPs a verdict that ends, at others one that leads to a chain. */
const roles = ['cluster', 'external'] as const satisfies readonly FrontEndRole[];

/** What it takes to add a front end of each kind to the table of nftables, by what it holds already: ms. */
export async function frontEnd({ services }: ProbeInput): Promise<Reading> {
  const reading: Record<string, number> = {};
  for (const present of roles) {
    const table = await Table.create();
    await table.add(present, services);
    await collectGarbage();
    for (const added of roles) {
      const samples: number[] = [];
      for (let number = 0; number < additions; number += 1) {
        const startedAt = performance.now();
        await table.add(added, 1);
        samples.push(performance.now() - startedAt);
      }
      reading[`${added} to ${present}`] = percentile(samples, 50);
    }
    await table.remove();
  }
  return reading;
}

/** The table as the program has it, without IPVS. */
class Table {
  readonly #client = new NftClient();
  readonly #foundation: TableFoundation;
  #front = 0;

  private constructor() {
    const ranges = [Cidr.parse(clusterCIDR)].filter((range) => range !== undefined);
    const settings = { masqueradeAll: false, local: { kind: 'ranges', ranges } } as const;
    const listener = { note: () => undefined };
    this.#foundation = new TableFoundation(this.#client, ipFamilies(), settings, listener);
  }

  static async create(): Promise<Table> {
    const table = new Table();
    await table.#foundation.ensure();
    return table;
  }

  /** In as few transactions as there can be. */
  async add(role: FrontEndRole, count: number): Promise<void> {
    const rows = Array.from({ length: count }, () => ({
      remove: [],
      add: elementsOf({ role, entry: this.#nextEntry() }),
    }));
    const target = { client: this.#client, table: tableName, head: this.#foundation.head() };
    requireSuccess(await executeRows(target, rows));
  }

  async remove(): Promise<void> {
    await this.#foundation.remove();
    this.#client.close();
  }

  #nextEntry() {
    this.#front += 1;
    const address = IpAddress.fromBytes(
      'IPv4',
      Uint8Array.of(10, 96, this.#front >>> 8, this.#front & 0xff),
    );
    return { kind: 'endpoint', address, protocol: 'TCP', port: 80 } as const;
  }
}
