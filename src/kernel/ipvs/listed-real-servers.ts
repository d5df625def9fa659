import { formatRealServer, sameRealServer, type RealServer, type RealServers } from './model.ts';

/** A real server as a list shows it, with the connections that it has. */
export interface ListedRealServer {
  readonly realServer: RealServer;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
}

/** The real servers of one virtual server of a list; valid until the visitor returns. */
export interface ListedRealServers {
  /** The virtual server, by `formatVirtualServer`. */
  readonly key: string;
  /** Whether exactly these are there, and none of weight 0. */
  areAs(known: RealServers): boolean;
  /** How many connections all of them have. */
  connections(): SummedConnections;
  all(): ListedRealServer[];
}

/** The connections of several real servers. */
export interface SummedConnections {
  readonly active: number;
  readonly inactive: number;
}

/** Those of all of them together. */
export function summedConnections(all: readonly ListedRealServer[]): SummedConnections {
  let [active, inactive] = [0, 0];
  for (const { activeConnections, inactiveConnections } of all) {
    active += activeConnections;
    inactive += inactiveConnections;
  }
  return { active, inactive };
}

/** Those that were read one by one. */
export function listedFrom(key: string, all: readonly ListedRealServer[]): ListedRealServers {
  return {
    key,
    areAs: (known) =>
      known.size === all.length &&
      all.every(({ realServer }) => {
        const expected = known.get(formatRealServer(realServer));
        return (
          expected !== undefined && realServer.weight !== 0 && sameRealServer(realServer, expected)
        );
      }),
    connections: () => summedConnections(all),
    all: () => [...all],
  };
}
