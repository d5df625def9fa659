import { closeSync, openSync, readSync } from 'node:fs';
import type { IpvsClient } from './client.ts';
import { WorkInParts } from '../work-in-parts.ts';
import { formatVirtualServer, type VirtualServerHead, type VirtualServerId } from './model.ts';
import { ProcTableParser, type ListedRealServer, type ListedRealServers } from './proc-table.ts';

/** A virtual server with its real servers. */
export interface ListedVirtualServer extends VirtualServerHead {
  readonly realServers: readonly ListedRealServer[];
}

/** What is needed of the client. */
export type TableReader = Pick<IpvsClient, 'eachVirtualServer' | 'virtualServer' | 'realServers'>;

/** Sees the whole table: first all virtual servers, and then the real servers of each. */
export interface TableVisitor {
  /** The virtual servers begin, or begin anew. */
  begin(): void;
  virtualServer(head: VirtualServerHead): void;
  /** None for those by firewall mark. */
  realServers(listed: ListedRealServers): void;
}

const procTable = '/proc/net/ip_vs';
const bytesPerRead = 16 << 10;
/** A line of a real server. */
const bytesPerLine = 60;

/**
 * Goes over the table of this network namespace: one netlink dump for the virtual servers and one
 * read of /proc for all real servers, where netlink would ask for a dump per virtual server. Raises
 * NetlinkError, and an errno exception where /proc cannot be read.
 */
export async function visitTable(
  client: Pick<TableReader, 'eachVirtualServer'>,
  visitor: TableVisitor,
): Promise<void> {
  await client.eachVirtualServer(() => {
    visitor.begin();
    return (head) => {
      visitor.virtualServer(head);
    };
  });
  await visitRealServers((listed) => {
    visitor.realServers(listed);
  });
}

/** The whole table, by `formatVirtualServer`. Raises as `visitTable` does. */
export async function readTable(client: TableReader): Promise<Map<string, ListedVirtualServer>> {
  const table = new Map<string, ListedVirtualServer>();
  await visitTable(client, {
    begin: () => {
      table.clear();
    },
    virtualServer: ({ id, settings }) => {
      table.set(formatVirtualServer(id), { id, settings, realServers: [] });
    },
    realServers: (listed) => {
      const row = table.get(listed.key);
      if (row !== undefined) {
        table.set(listed.key, { ...row, realServers: listed.all() });
      }
    },
  });
  return table;
}

/**
 * The kernel gives 4 kB at a time. They are read at once, a few behind each other: by the threads
 * that Node reads files with, each would wait for a turn of the event loop of its own.
 */
async function visitRealServers(visit: (listed: ListedRealServers) => void): Promise<void> {
  const parser = new ProcTableParser(visit);
  const buffer = Buffer.allocUnsafe(bytesPerRead);
  const file = openSync(procTable, 'r');
  try {
    const parts = new WorkInParts();
    for (;;) {
      const length = readSync(file, buffer);
      if (length === 0) {
        parser.end();
        return;
      }
      parser.push(buffer.subarray(0, length));
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
