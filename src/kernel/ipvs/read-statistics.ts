import { WorkInParts, type Pace } from '../../base/work-in-parts.ts';
import type { IpvsClient } from './client.ts';
import type { SummedConnections } from './listed-real-servers.ts';
import {
  formatVirtualServer,
  type CountedRealServer,
  type Statistics,
  type VirtualServerId,
} from './model.ts';
import { visitProcTable } from './read-table.ts';

/** What is needed of the client. */
export type StatisticsReader = Pick<IpvsClient, 'eachVirtualServerCounts' | 'realServers'>;

/** Sees what the kernel counts of each virtual server, and of its real servers where that is asked for. */
export interface StatisticsVisitor {
  /** One more virtual server; the same one may come again where the kernel's list is started again. */
  virtualServer(key: string, statistics: Statistics): void;
  /** The connections that a virtual server has now, by those of its real servers. */
  connections(key: string, now: SummedConnections): void;
  /** A real server of a virtual server that came before. */
  realServer(virtualServerKey: string, realServer: CountedRealServer): void;
}

/** A virtual server is asked for its real servers by a dump, which takes as long as many small items. */
const smallItemsPerDump = 50;

/**
 * Reads the 64-bit statistics of all virtual servers by one dump, foreign ones too, at a pace. Their
 * real servers' take another dump for each virtual server (`each real server`); the connections alone
 * are in one text of /proc (`sums alone`). Throws NetlinkError, and an errno exception where /proc
 * cannot be read.
 */
export async function readStatistics(
  client: StatisticsReader,
  detail: 'sums alone' | 'each real server',
  visitor: StatisticsVisitor,
  pace?: Pace,
  visitProc = visitProcTable,
): Promise<void> {
  const unasked = new Map<string, VirtualServerId>();
  await client.eachVirtualServerCounts(
    () =>
      ({ id, statistics }) => {
        const key = formatVirtualServer(id);
        unasked.set(key, id);
        visitor.virtualServer(key, statistics);
      },
    pace,
  );
  if (detail === 'sums alone') {
    await visitProc((listed) => {
      const { key } = listed;
      if (unasked.delete(key)) {
        visitor.connections(key, listed.connections());
      }
    }, pace);
  }
  // Where nothing is asked for each, these are the few that /proc has left out.
  const parts = new WorkInParts(pace);
  for (const [key, id] of unasked) {
    const realServers = await client.realServers(id);
    visitor.connections(key, sumOf(realServers));
    if (detail === 'each real server') {
      for (const realServer of realServers) {
        visitor.realServer(key, realServer);
      }
    }
    if (parts.isOver(smallItemsPerDump)) {
      await parts.pause();
    }
  }
}

function sumOf(realServers: readonly CountedRealServer[]): SummedConnections {
  let [active, inactive] = [0, 0];
  for (const { connections } of realServers) {
    active += connections.active;
    inactive += connections.inactive;
  }
  return { active, inactive };
}
