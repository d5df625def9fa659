import type { Protocol } from '../cluster/objects.ts';
import type { ForwardingMethod } from '../ipvs/model.ts';
import { formatEndpoint, type IpAddress } from '../net/ip-address.ts';
import type { SchedulerFlags } from './scheduler-flags.ts';
import type { Scheduler } from './scheduler.ts';
import type { SetMember } from './set-member.ts';
import type { ServiceProblem } from './service-problem.ts';

/** What a Service becomes: the rows that it wants in the kernel's tables. */
export interface Translation {
  readonly virtualServers: readonly VirtualServer[];
  /** The VIPs among them, each once; node addresses are not bound. */
  readonly boundAddresses: readonly IpAddress[];
  /** What the Service as a whole wants in the sets of the chains. */
  readonly members: readonly SetMember[];
  /** What a load balancer is to be told about this node, where it asks. */
  readonly healthCheck: HealthCheck | undefined;
  readonly problems: readonly ServiceProblem[];
}

/** What a Service becomes that is not served here. */
export const noTranslation: Translation = {
  virtualServers: [],
  boundAddresses: [],
  members: [],
  healthCheck: undefined,
  problems: [],
};

/** The answer at the health-check node port of a load balancer of policy Local. */
export interface HealthCheck {
  readonly nodePort: number;
  /** Ready endpoints on this node, each Pod once. */
  readonly localEndpoints: number;
}

export interface VirtualServer {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
  readonly scheduler: Scheduler;
  readonly schedulerFlags: SchedulerFlags;
  /** Undefined: each connection is scheduled for itself. */
  readonly persistenceSeconds: number | undefined;
  /**
   * How long a real server that is no longer wanted may keep its connections, in milliseconds;
   * undefined for as long as they last.
   */
  readonly drainTimeoutMs: number | undefined;
  /** What this front end wants in the sets of the chains. */
  readonly members: readonly SetMember[];
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
