import { closeSync, openSync, readSync } from 'node:fs';
import type { IpvsClient } from './client.ts';
import { formatVirtualServer, type VirtualServerId, type VirtualServerSettings } from './model.ts';
import { eachInParts, WorkInParts } from '../work-in-parts.ts';
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
const bytesPerRead = 16 << 10;
/** A line of a real server. */
const bytesPerLine = 60;

/**
 * The whole table of this network namespace, by `formatVirtualServer`: one netlink dump for
 * the virtual servers and one read of /proc for all real servers, where netlink would ask
 * for a dump per virtual server. Raises NetlinkError, and an errno exception where /proc cannot be read.
 */
export async function readTable(client: TableReader): Promise<Map<string, ListedVirtualServer>> {
  const virtualServers = await client.virtualServers();
  const realServers = await readRealServers();
  const table = new Map<string, ListedVirtualServer>();
  await eachInParts(virtualServers, ({ id, settings }) => {
    const key = formatVirtualServer(id);
    table.set(key, { id, settings, realServers: realServers.get(key) ?? [] });
  });
  return table;
}

/**
 * The kernel gives 4 kB at a time. They are read at once, a few behind each other: by the threads
 * that Node reads files with, each would wait for a turn of the event loop of its own.
 */
async function readRealServers(): Promise<Map<string, ListedRealServer[]>> {
  const parser = new ProcTableParser();
  const buffer = Buffer.allocUnsafe(bytesPerRead);
  const file = openSync(procTable, 'r');
  try {
    const parts = new WorkInParts();
    for (;;) {
      const length = readSync(file, buffer);
      if (length === 0) {
        return parser.end();
      }
      parser.push(buffer.toString('latin1', 0, length));
      if (parts.isOver(length / bytesPerLine)) {
        await parts.pause();
      }
    }
  } finally {
    closeSync(file);
  }
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
