import { createReadStream } from 'node:fs';
import type { IpvsClient } from './client.ts';
import { formatVirtualServer, type VirtualServerId, type VirtualServerSettings } from './model.ts';
import { ProcTableParser, type ListedRealServer } from './proc-table.ts';

/** A virtual server with its real servers. */
export interface ListedVirtualServer {
  readonly id: VirtualServerId;
  readonly settings: VirtualServerSettings;
  readonly realServers: readonly ListedRealServer[];
}

/** What is needed of the client. */
export type TableReader = Pick<IpvsClient, 'virtualServers' | 'virtualServer' | 'realServers'>;

const procTable = '/proc/net/ip_vs';

/**
 * The whole table of this network namespace, by `formatVirtualServer`: one netlink dump for
 * the virtual servers and one read of /proc for all real servers, where netlink would ask
 * for a dump per virtual server. Raises NetlinkError, and an errno exception where /proc cannot be read.
 */
export async function readTable(client: TableReader): Promise<Map<string, ListedVirtualServer>> {
  const virtualServers = await client.virtualServers();
  const realServers = await readRealServers();
  return new Map(
    virtualServers.map(({ id, settings }) => {
      const key = formatVirtualServer(id);
      return [key, { id, settings, realServers: realServers.get(key) ?? [] }];
    }),
  );
}

/** In parts, as the kernel gives them: an event waits for one of them, not for all. */
async function readRealServers(): Promise<Map<string, ListedRealServer[]>> {
  const parser = new ProcTableParser();
  const parts: AsyncIterable<string> = createReadStream(procTable, 'latin1');
  for await (const part of parts) {
    parser.push(part);
  }
  return parser.end();
}

/** One virtual server, read afresh; undefined where there is none. Raises NetlinkError. */
export async function readOne(
  client: TableReader,
  id: VirtualServerId,
): Promise<ListedVirtualServer | undefined> {
  const observed = await client.virtualServer(id);
  if (observed === undefined) {
    return undefined;
  }
  const realServers = await client.realServers(id);
  return {
    id,
    settings: observed.settings,
    realServers: realServers.map(({ realServer, connections }) => ({
      address: realServer.address,
      port: realServer.port,
      method: realServer.method,
      weight: realServer.weight,
      activeConnections: connections.active,
      inactiveConnections: connections.inactive,
    })),
  };
}
