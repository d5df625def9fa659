import { equalityOf, optional } from '../../base/equality.ts';
import type { Protocol } from '../../net/protocol.ts';
import { formatEndpoint, type IpAddress, type IpFamily } from '../../net/ip-address.ts';
import type { forwardingMethods } from './protocol.ts';

export type ForwardingMethod = (typeof forwardingMethods)[number];

/** What packets a virtual server takes: those to an address, or those with a firewall mark. */
export type VirtualServerId =
  | {
      readonly kind: 'address';
      readonly protocol: Protocol;
      readonly address: IpAddress;
      readonly port: number;
    }
  | { readonly kind: 'fwmark'; readonly family: IpFamily; readonly fwmark: number };

/** A virtual server: what is desired, what is observed and what is sent are all of this type. */
export interface VirtualServer {
  readonly id: VirtualServerId;
  readonly settings: VirtualServerSettings;
  /** By `formatRealServer`. */
  readonly realServers: RealServers;
}

/** What can be changed of a virtual server while connections go on. */
export interface VirtualServerSettings {
  /** The kernel's name of it: `rr`, `wlc`, ... */
  readonly scheduler: string;
  readonly persistence: Persistence | undefined;
  /** Each packet is scheduled for itself (UDP). */
  readonly onePacket: boolean;
  /** Three bits, ipvsadm's flag-1 (1), flag-2 (2) and flag-3 (4); their meaning is the scheduler's. */
  readonly schedulerFlags: number;
  /** Some real servers have thresholds, which the kernel's cheap list does not show. */
  readonly limited: boolean;
  /** Made, or taken over, by kube-ipvs. */
  readonly owned: boolean;
}

export interface Persistence {
  readonly timeoutSeconds: number;
  /** How much of a client's address counts; 32 or 128 for the whole. */
  readonly prefixLength: number;
}

/** A real server: what is desired, what is observed and what is sent are all of this type. */
export interface RealServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly method: ForwardingMethod;
  /** 0: no new connections. */
  readonly weight: number;
  /** Connections at which it counts as overloaded; 0 for never. */
  readonly upperThreshold: number;
  /** Connections at which it does so no longer; 0 for three quarters of the upper threshold. */
  readonly lowerThreshold: number;
}

/** The real servers of one virtual server, by `formatRealServer`. */
export type RealServers = ReadonlyMap<string, RealServer>;

const samePersistence = optional(
  equalityOf<Persistence>({
    timeoutSeconds: (a, b) => a.timeoutSeconds === b.timeoutSeconds,
    prefixLength: (a, b) => a.prefixLength === b.prefixLength,
  }),
);

/** Whether two virtual servers have the same settings. */
export const sameSettings = equalityOf<VirtualServerSettings>({
  scheduler: (a, b) => a.scheduler === b.scheduler,
  persistence: (a, b) => samePersistence(a.persistence, b.persistence),
  onePacket: (a, b) => a.onePacket === b.onePacket,
  schedulerFlags: (a, b) => a.schedulerFlags === b.schedulerFlags,
  limited: (a, b) => a.limited === b.limited,
  owned: (a, b) => a.owned === b.owned,
});

/** Whether two real servers are the same. */
export const sameRealServer = equalityOf<RealServer>({
  address: (a, b) => a.address.equals(b.address),
  port: (a, b) => a.port === b.port,
  method: (a, b) => a.method === b.method,
  weight: (a, b) => a.weight === b.weight,
  upperThreshold: (a, b) => a.upperThreshold === b.upperThreshold,
  lowerThreshold: (a, b) => a.lowerThreshold === b.lowerThreshold,
});

export interface Connections {
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
}

export interface Statistics {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A virtual server as a list of the kernel shows it, without its real servers. */
export interface VirtualServerHead {
  readonly id: VirtualServerId;
  readonly settings: VirtualServerSettings;
}

/** What the kernel counts of a virtual server. */
export interface VirtualServerCounts {
  readonly id: VirtualServerId;
  readonly statistics: Statistics;
}

/** A virtual server with what the kernel counts of it. */
export interface CountedVirtualServer extends VirtualServerHead, VirtualServerCounts {}

/** A real server with what the kernel counts of it. */
export interface CountedRealServer {
  readonly realServer: RealServer;
  readonly connections: Connections;
  readonly statistics: Statistics;
}

/** The kernel's connection timeouts, in seconds; 0 in a request leaves one as it is. */
export interface Timeouts {
  readonly tcpSeconds: number;
  readonly tcpFinSeconds: number;
  readonly udpSeconds: number;
}

export interface KernelInfo {
  /** `1.2.1` */
  readonly version: string;
  readonly connectionTableSize: number;
}

/** A real server gets its weight in steps. */
export interface SlowStart {
  /** From 1 on; it ends with the last one, see `slowStartSteps`. */
  readonly step: number;
  /** How long all of it takes, in milliseconds. */
  readonly durationMs: number;
}

/** One change to the kernel's table. */
export type Operation =
  | {
      readonly kind: 'add virtual server';
      readonly id: VirtualServerId;
      readonly settings: VirtualServerSettings;
      /** Those that it starts with: a message each, behind that of the virtual server. */
      readonly realServers?: RealServers;
    }
  | {
      readonly kind: 'change virtual server';
      readonly id: VirtualServerId;
      readonly settings: VirtualServerSettings;
    }
  | { readonly kind: 'delete virtual server'; readonly id: VirtualServerId }
  | {
      readonly kind: 'add real server' | 'change real server';
      readonly id: VirtualServerId;
      readonly realServer: RealServer;
      /** It begins its slow start, or goes on with it; its weight is as far as that. */
      readonly slowStart?: SlowStart;
    }
  | {
      readonly kind: 'delete real server';
      readonly id: VirtualServerId;
      readonly realServer: RealServerId;
    };

/** How many messages an operation takes. */
export function changeCount(operation: Operation): number {
  return operation.kind === 'add virtual server' ? 1 + (operation.realServers?.size ?? 0) : 1;
}

/** An operation for each message that it takes, in their order. */
export function oneByOne(operation: Operation): readonly [Operation, ...Operation[]] {
  if (operation.kind !== 'add virtual server' || operation.realServers === undefined) {
    return [operation];
  }
  const { kind, id, settings, realServers } = operation;
  return [
    { kind, id, settings },
    ...Array.from(realServers.values(), (realServer): Operation => ({
      kind: 'add real server',
      id,
      realServer,
    })),
  ];
}

export type RealServerId = Pick<RealServer, 'address' | 'port'>;

/** `TCP 10.96.0.1:80`, `TCP [fd00::1]:80`, `fwmark 7 (IPv6)`. Also serves as the key of tables. */
export function formatVirtualServer(id: VirtualServerId): string {
  return id.kind === 'address'
    ? `${id.protocol} ${formatEndpoint(id.address, id.port)}`
    : `fwmark ${id.fwmark} (${id.family})`;
}

/** `10.244.0.7:8080`. Also the key of a real server within its virtual server. */
export function formatRealServer(realServer: RealServerId): string {
  return formatEndpoint(realServer.address, realServer.port);
}

/** Whether two identities are the same. */
export function sameVirtualServerId(a: VirtualServerId, b: VirtualServerId): boolean {
  if (a.kind === 'address') {
    return (
      b.kind === 'address' &&
      a.port === b.port &&
      a.protocol === b.protocol &&
      a.address.equals(b.address)
    );
  }
  return b.kind === 'fwmark' && a.fwmark === b.fwmark && a.family === b.family;
}

/** The family of the packets that a virtual server takes. */
export function virtualServerFamily(id: VirtualServerId): IpFamily {
  return id.kind === 'address' ? id.address.family : id.family;
}
