import type { Protocol } from '../cluster/objects.ts';
import type { ForwardingMethod } from '../ipvs/model.ts';
import { formatEndpoint, type IpAddress } from '../net/ip-address.ts';
import type { Problem } from '../problem.ts';
import type { Scheduler } from './scheduler.ts';

/** What a Service becomes: the rows that it wants in the kernel's tables. */
export interface Translation {
  readonly virtualServers: readonly VirtualServer[];
  /** The VIPs among them, each once; node addresses are not bound. */
  readonly boundAddresses: readonly IpAddress[];
  readonly problems: readonly Problem[];
}

export interface VirtualServer {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
  readonly scheduler: Scheduler;
  /** Undefined: each connection is scheduled for itself. */
  readonly persistenceSeconds: number | undefined;
  /** By `formatRealServer`; the virtual servers of one Service port share the same map. */
  readonly realServers: ReadonlyMap<string, RealServer>;
}

export interface RealServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly method: ForwardingMethod;
  /** 0: no new connections. */
  readonly weight: number;
}

/** `TCP 10.96.0.1:80`: the key of a virtual server in every table. */
export function virtualServerKey(virtualServer: {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
}): string {
  return `${virtualServer.protocol} ${formatEndpoint(virtualServer.address, virtualServer.port)}`;
}
