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
  all(): ListedRealServer[];
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
    all: () => [...all],
  };
}
