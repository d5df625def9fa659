import type { ForwardingMethod, Statistics } from '../../kernel/ipvs/model.ts';
import type { Protocol } from '../../net/protocol.ts';
import type { IpFamily } from '../../net/ip-address.ts';
import type { FrontEnd, VipKind } from '../../translate/front-end.ts';
import type { ProblemView } from './problem-view.ts';

/**
 * What an operator is shown. All views are plain data that goes through JSON as it is: the daemon makes
 * them for its status page and for `kube-ipvs show`. `null` stands for what is not known, or not there.
 * Times are texts of ISO 8601.
 */

/** A Service with its virtual servers on this node. */
export interface ServiceView {
  /** `default/web` */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Why it becomes nothing here, as a sentence: headless, left to another proxy. */
  readonly notServed: string | null;
  readonly scheduler: SchedulerView;
  readonly persistence: PersistenceView | null;
  /** The limit of draining, in seconds. */
  readonly drainTimeoutSeconds: number | null;
  readonly virtualServers: readonly VirtualServerView[];
  /** The addresses and ports that it asks for and does not get here, one sentence each. */
  readonly refusals: readonly string[];
  readonly problems: readonly ProblemView[];
}

export interface SchedulerView {
  readonly name: string;
  /** As ipvsadm names them: `mh-port`. */
  readonly flags: readonly string[];
  readonly origin: SchedulerOrigin;
}

/** Why a Service has its scheduler. */
export type SchedulerOrigin =
  | { readonly kind: 'annotation'; readonly annotation: string }
  | { readonly kind: 'configuration' }
  | {
      readonly kind: 'fallback';
      readonly wanted: string;
      /** The annotation that asks for it; null for the configuration. */
      readonly annotation: string | null;
      readonly why: string;
    };

export interface PersistenceView {
  readonly timeoutSeconds: number;
}

export interface VirtualServerView {
  /** `TCP 10.96.0.1:80`, `fwmark 7 (IPv6)` */
  readonly key: string;
  readonly id: VirtualServerIdView;
  /** What kind of front end it is of its Service; null for one that belongs to none. */
  readonly frontEnd: FrontEnd['kind'] | 'port ranges' | null;
  /** `default/web` */
  readonly service: string | null;
  /** Null for port ranges. */
  readonly servicePort: { readonly name: string; readonly port: number } | null;
  /** What leads to a virtual server for a packet mark of a Service; null for any other. */
  readonly portRanges: PortRangesView | null;
  /** As the kernel has it; as it should be where the kernel lacks it. */
  readonly scheduler: string;
  /** Of the scheduler, as ipvsadm names them, and `one-packet`. */
  readonly flags: readonly string[];
  readonly persistence: PersistenceView | null;
  /** Made, or taken over, by kube-ipvs; or to be. */
  readonly owned: boolean;
  /** Whether the kernel holds it, in whatever state. */
  readonly inKernel: boolean;
  readonly state: VirtualServerState;
  readonly realServers: readonly RealServerView[];
  /** Endpoints that get none of its traffic: so many of each kind, and the first of them. */
  readonly unusedCounts: Readonly<Record<string, number>>;
  readonly unusedEndpoints: readonly UnusedEndpointView[];
  readonly counters: CountersView | null;
}

export type VirtualServerIdView =
  | { readonly protocol: Protocol; readonly address: string }
  | { readonly fwmark: number; readonly family: IpFamily };

/** The ports whose packets get a mark, by which IPVS knows the virtual server. */
export interface PortRangesView {
  readonly mark: number;
  readonly addresses: readonly {
    /** `203.0.113.9` */
    readonly address: string;
    /** `load-balancer IP` */
    readonly kind: VipKind;
    /** `10000-20000/UDP` */
    readonly ranges: readonly string[];
    /** All of it in one line: `203.0.113.9:10000-20000/UDP` */
    readonly text: string;
  }[];
}

export type VirtualServerState =
  | { readonly kind: 'in place' }
  /** In place, but nothing is behind it: connections are refused. */
  | { readonly kind: 'no real servers'; readonly why: string }
  /** In place, but real servers have as many connections as they may: new ones are refused. */
  | { readonly kind: 'full'; readonly why: string }
  /** The kernel lacks it. */
  | { readonly kind: 'missing'; readonly why: string }
  /** The kernel does not take it, or not as it should be. */
  | { readonly kind: 'refused'; readonly why: string; readonly since: string | null }
  /** The kernel holds it otherwise than it should be. */
  | { readonly kind: 'differs'; readonly why: string }
  | { readonly kind: 'claimed'; readonly why: string; readonly by: string }
  /** Made by kube-ipvs, and no Service is known to want it. */
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'foreign' }
  /** A virtual server of others at a VIP: the rules refuse what is sent to it. */
  | {
      readonly kind: 'foreign, refused';
      readonly why: string;
      readonly vipOf: string | null;
    };

/** An endpoint as its slice has it. */
export interface EndpointView {
  /** `10.244.1.5:8080`; without a port where its slice has no such port, with port 0 for whichever the client chose. */
  readonly address: string;
  readonly pod: string | null;
  readonly node: string | null;
  readonly zone: string | null;
  /** On this node. */
  readonly here: boolean;
}

export interface RealServerView extends EndpointView {
  readonly method: ForwardingMethod;
  readonly weight: number;
  readonly weightBecause: string;
  /** Connections at which it counts as overloaded, and at which no longer. */
  readonly limits: { readonly upper: number; readonly lower: number } | null;
  readonly state: RealServerState;
  /** Null where the kernel does not hold it. */
  readonly connections: ConnectionsView | null;
  readonly counters: CountersView | null;
}

export type RealServerState =
  | { readonly kind: 'active'; readonly why: string | null }
  /** No longer wanted: its connections go on, new ones go elsewhere. */
  | {
      readonly kind: 'draining';
      readonly why: string;
      /** Null where nobody knows: the running daemon does. */
      readonly since: string | null;
      /** When the drain timeout is over. */
      readonly until: string | null;
    }
  /** It fails: its connections go on, unless they are reset, and new ones go elsewhere. */
  | {
      readonly kind: 'ejected';
      readonly why: string;
      readonly since: string | null;
      /** When it is tried again. */
      readonly until: string | null;
    }
  /** It has as many connections as it may, and gets no new ones until some are over. */
  | {
      readonly kind: 'full';
      readonly why: string;
      /** Those that count, of so many that it may have. */
      readonly connections: number;
      readonly limit: number;
    }
  /** The kernel does not take it. */
  | { readonly kind: 'refused'; readonly why: string; readonly since: string | null }
  /** Wanted, and the kernel lacks it. */
  | { readonly kind: 'missing'; readonly why: string }
  /** The kernel has it with another weight, method or limits. */
  | { readonly kind: 'differs'; readonly why: string }
  /** In the kernel, no longer wanted, and not drained yet. */
  | { readonly kind: 'unwanted'; readonly why: string };

export interface UnusedEndpointView extends EndpointView {
  /** `not ready`, `on another node` */
  readonly kind: string;
  readonly why: string;
}

export interface ConnectionsView {
  readonly active: number;
  readonly inactive: number;
  /** Clients that are kept to it; null where only the cheap list was read. */
  readonly persistent: number | null;
}

export interface CountersView {
  readonly totals: Statistics;
  readonly perSecond: Statistics | null;
}
