import { closeSync, openSync, readSync } from 'node:fs';
import type { IpvsClient } from './client.ts';
import { type Pace, WorkInParts } from '../../base/work-in-parts.ts';
import {
  listedFrom,
  type ListedRealServer,
  type ListedRealServers,
} from './listed-real-servers.ts';
import {
  formatVirtualServer,
  type CountedRealServer,
  type VirtualServerHead,
  type VirtualServerId,
} from './model.ts';
import { ProcTableParser } from './proc-table.ts';

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
  /**
   * Returns whether some of its real servers are known to have limits: they are read then, even where the
   * virtual server does not say that it is limited, because that was changed and they could not be.
   */
  virtualServer(head: VirtualServerHead): boolean;
  /** Comes for each virtual server by address, and for those of ours for a mark. */
  realServers(listed: ListedRealServers): void;
  /** Whether the real servers of one are still to come, and wanted. */
  lacksRealServers(key: string): boolean;
}

/** The text of /proc/net/ip_vs, read from its start to its end. */
export interface TableText {
  /** Fills the buffer from its start; returns how many bytes, 0 at the end. */
  read(buffer: Buffer): number;
  close(): void;
}

const procTable = '/proc/net/ip_vs';
const bytesPerRead = 16 << 10;
/** A line of a real server. */
const bytesPerLine = 60;

/**
 * Goes over the table of this network namespace: one netlink dump for the virtual servers and one
 * read of /proc for all real servers, where netlink would ask for a dump per virtual server. Throws
 * NetlinkError, and an errno exception where /proc cannot be read.
 */
export async function visitTable(
  client: Pick<TableReader, 'eachVirtualServer' | 'realServers'>,
  visitor: TableVisitor,
  pace?: Pace,
  openText = openProcTable,
): Promise<void> {
  let expected = 0;
  // Of these /proc has no thresholds, or no key.
  const askedFor = new Map<string, VirtualServerId>();
  await client.eachVirtualServer(() => {
    visitor.begin();
    expected = 0;
    askedFor.clear();
    return (head) => {
      const { id, settings } = head;
      expected += id.kind === 'address' ? 1 : 0;
      const hasLimits = visitor.virtualServer(head) || settings.limited;
      if (id.kind === 'address' ? hasLimits : settings.owned) {
        askedFor.set(formatVirtualServer(id), id);
      }
    };
  }, pace);
  await visitRealServers(
    (listed) => {
      expected -= 1;
      if (askedFor.size === 0 || !askedFor.has(listed.key)) {
        visitor.realServers(listed);
      }
    },
    pace,
    openText(),
  );
  await visitOneByOne(client, visitor, [...askedFor.values()], pace);
  if (expected > 0) {
    await visitUnlisted(client, visitor, pace);
  }
}

/**
 * Where another network namespace has virtual servers too, /proc leaves out some of ours: the kernel
 * counts those of all namespaces as it goes on, and only ours where it starts again, every 4 kB
 * (ip_vs_info_seq_next and ip_vs_info_array in net/netfilter/ipvs/ip_vs_ctl.c). They are asked for
 * one by one.
 */
async function visitUnlisted(
  client: Pick<TableReader, 'eachVirtualServer' | 'realServers'>,
  visitor: TableVisitor,
  pace: Pace | undefined,
): Promise<void> {
  const unlisted: VirtualServerId[] = [];
  await client.eachVirtualServer(() => {
    unlisted.length = 0;
    return ({ id }) => {
      if (id.kind === 'address' && visitor.lacksRealServers(formatVirtualServer(id))) {
        unlisted.push(id);
      }
    };
  }, pace);
  await visitOneByOne(client, visitor, unlisted, pace);
}

async function visitOneByOne(
  client: Pick<TableReader, 'realServers'>,
  visitor: TableVisitor,
  ids: readonly VirtualServerId[],
  pace: Pace | undefined,
): Promise<void> {
  const parts = new WorkInParts(pace);
  for (const id of ids) {
    const all = await readRealServers(client, id);
    visitor.realServers(listedFrom(formatVirtualServer(id), all));
    await parts.pause();
  }
}

/** The whole table, by `formatVirtualServer`. Throws as `visitTable` does. */
export async function readTable(
  client: TableReader,
  openText = openProcTable,
): Promise<Map<string, ListedVirtualServer>> {
  const table = new Map<string, ListedVirtualServer>();
  const lacking = new Set<string>();
  const visitor: TableVisitor = {
    begin: () => {
      table.clear();
      lacking.clear();
    },
    virtualServer: ({ id, settings }) => {
      const key = formatVirtualServer(id);
      table.set(key, { id, settings, realServers: [] });
      lacking.add(key);
      return false;
    },
    realServers: (listed) => {
      const row = table.get(listed.key);
      if (row !== undefined) {
        lacking.delete(listed.key);
        table.set(listed.key, { ...row, realServers: listed.all() });
      }
    },
    lacksRealServers: (key) => lacking.has(key),
  };
  await visitTable(client, visitor, undefined, openText);
  return table;
}

/**
 * The real servers of all virtual servers by address, as /proc lists them: it may leave some out (see
 * `visitTable`), and has no thresholds. Throws an errno exception where it cannot be read.
 */
export function visitProcTable(
  visit: (listed: ListedRealServers) => void,
  pace?: Pace,
  openText = openProcTable,
): Promise<void> {
  return visitRealServers(visit, pace, openText());
}

/**
 * The kernel gives 4 kB at a time. They are read at once, a few behind each other: by the threads
 * that Node reads files with, each would wait for a turn of the event loop of its own.
 */
async function visitRealServers(
  visit: (listed: ListedRealServers) => void,
  pace: Pace | undefined,
  text: TableText,
): Promise<void> {
  const parser = new ProcTableParser(visit);
  const buffer = Buffer.allocUnsafe(bytesPerRead);
  try {
    const parts = new WorkInParts(pace);
    for (;;) {
      const length = text.read(buffer);
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
    text.close();
  }
}

function openProcTable(): TableText {
  const file = openSync(procTable, 'r');
  return {
    read: (buffer) => readSync(file, buffer),
    close: () => {
      closeSync(file);
    },
  };
}

/** One virtual server, read afresh; undefined where there is none. Throws NetlinkError. */
export async function readOne(
  client: TableReader,
  id: VirtualServerId,
): Promise<ListedVirtualServer | undefined> {
  const observed = await client.virtualServer(id);
  if (observed === undefined) {
    return undefined;
  }
  const { settings } = observed;
  return { id, settings, realServers: await readRealServers(client, id) };
}

/** The real servers of one; none where there is no such virtual server. Throws NetlinkError. */
export async function readRealServers(
  client: Pick<TableReader, 'realServers'>,
  id: VirtualServerId,
): Promise<ListedRealServer[]> {
  return (await client.realServers(id)).map(asListed);
}

function asListed({ realServer, connections }: CountedRealServer): ListedRealServer {
  return {
    realServer,
    activeConnections: connections.active,
    inactiveConnections: connections.inactive,
  };
}
