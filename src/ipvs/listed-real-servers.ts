import type { IpAddress } from '../net/ip-address.ts';
import { formatRealServer, type ForwardingMethod, type RealServer } from './model.ts';

/** A real server as a list shows it: no thresholds, no persistent connections. */
export interface ListedRealServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly method: ForwardingMethod;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
}

/** The real servers of one virtual server of a list; valid until the visitor returns. */
export interface ListedRealServers {
  /** The virtual server, by `formatVirtualServer`. */
  readonly key: string;
  /** Whether exactly these are there, with their methods and weights, and none of weight 0. */
  areAs(known: ReadonlyMap<string, RealServer>): boolean;
  all(): ListedRealServer[];
}

/** Those that were read one by one. */
export function listedFrom(key: string, all: readonly ListedRealServer[]): ListedRealServers {
  return {
    key,
    areAs: (known) =>
      known.size === all.length &&
      all.every((realServer) => isListedAs(realServer, known.get(formatRealServer(realServer)))),
    all: () => [...all],
  };
}

/** Whether one at the same address and port has the same method and weight, and takes connections. */
export function isListedAs(
  { method, weight }: Pick<ListedRealServer, 'method' | 'weight'>,
  known: RealServer | undefined,
): boolean {
  return weight !== 0 && known?.weight === weight && known.method === method;
}
