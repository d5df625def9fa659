import type { Problem } from '../base/problem.ts';
import type { Settings } from '../config/settings.ts';
import type { ListedVirtualServer } from '../kernel/ipvs/read-table.ts';
import type { BaseChain, NftTable } from '../kernel/nf-tables/client.ts';
import type { IptablesVariant } from '../kernel/packet-filter/iptables/iptables.ts';
import type { Leftovers } from '../kernel/takeover/leftovers.ts';
import type { KernelAddress, KernelLink } from '../kernel/vip-link/messages.ts';
import type { IpAddress, IpFamily } from '../net/ip-address.ts';
import type { ProcessesReading, ServedReading } from '../kernel/takeover/readings.ts';

/**
 * All that the doctor can look at. Nothing here changes the kernel or loads a module: what would, by
 * being asked, is not asked where it is not loaded. Each rejects where something is there and may not be
 * read.
 */
export interface NodeReaders {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly configuration: ConfigurationReading;
  /** The families that the kernel speaks. */
  readonly families: readonly IpFamily[];
  /** The text of a file; undefined where there is none. */
  file(path: string): Promise<string | undefined>;
  /** Whether there is such a file, however long it is. */
  exists(path: string): Promise<boolean>;
  /** A kernel setting by its path below /proc/sys; undefined where the kernel has none. */
  sysctl(path: string): Promise<string | undefined>;
  /** Whether this process could change a kernel setting that is there. */
  maySet(path: string): Promise<boolean>;
  module(name: string): Promise<ModuleState>;
  /** Whether there is a program of this name to be started. */
  program(name: string): Promise<boolean>;
  links(): Promise<readonly KernelLink[]>;
  addresses(): Promise<readonly KernelAddress[]>;
  /** By their keys; undefined while IPVS is not loaded. */
  virtualServers(): Promise<ReadonlyMap<string, ListedVirtualServer> | undefined>;
  /** What kube-proxy's sets say is its own; nothing while IPVS is not loaded. */
  ipvsLeftovers(): Promise<Leftovers>;
  /** The names of all sets; none while ipset is not loaded. */
  setNames(): Promise<ReadonlySet<string>>;
  rules(family: IpFamily, variant: IptablesVariant): Promise<RulesReading>;
  /** The tables of nftables; none while that is not loaded. */
  nftTables(): Promise<readonly NftTable[]>;
  /** The chains of nftables that the kernel calls, those of iptables-nft too; none while that is not loaded. */
  nftBaseChains(): Promise<readonly BaseChain[]>;
  processes(): Promise<ProcessesReading>;
  cluster(): Promise<ClusterReading>;
  readonly api: ApiReader;
  /** Asks whoever serves at the configured address of this node. */
  served(endpoint: 'health' | 'metrics', path: string): Promise<ServedReading>;
}

export interface Machine {
  /** `6.1.176` */
  readonly release: string;
  readonly cores: number;
}

/** What is to be said of the configuration itself. */
export interface ConfigurationReading {
  /** The name of the file; undefined where none was named. */
  readonly file: string | undefined;
  /** Why it cannot be used; the checks go on with the defaults then. */
  readonly error: string | undefined;
  readonly withoutEffect: readonly string[];
  /** A sentence for each field that does not exist. */
  readonly unknown: readonly string[];
}

/** Whether the kernel has what a module of that name brings. */
export type ModuleState =
  /** As a module that is loaded, or a part of the kernel itself. */
  | 'present'
  | 'loadable'
  | 'missing'
  /** There is a file, and the configuration of modprobe keeps it from being loaded. */
  | 'blocked'
  /** It is not loaded, and what could be loaded is not to be seen: /lib/modules is not there. */
  | 'unknown';

export type RulesReading =
  | { readonly kind: 'rules'; readonly text: string }
  /** The kernel has not loaded what would hold them: there are none. */
  | { readonly kind: 'not loaded' }
  /** Whether they are there cannot be told without a risk of loading a module. */
  | { readonly kind: 'not told' }
  | { readonly kind: 'failed'; readonly reason: string };

/** A problem of an object of the cluster. */
export interface ClusterProblem {
  readonly problem: Problem;
  /** What the Event has as its reason; undefined where the object itself could not be read. */
  readonly reason: string | undefined;
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
}

export interface ClusterVip {
  readonly address: IpAddress;
  /** `default/web` */
  readonly service: string;
  readonly kind: 'cluster IP' | 'external IP' | 'load-balancer IP';
}

export type ClusterReading =
  | { readonly kind: 'not asked'; readonly why: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | ClusterRead;

export interface ClusterRead {
  readonly kind: 'read';
  readonly services: number;
  /** Whether there is a Node of the configured name. */
  readonly hasNode: boolean;
  readonly problems: readonly ClusterProblem[];
  /** The Services that could not be translated, each with the error. */
  readonly mistakes: readonly string[];
  /** The schedulers that are wanted here, each with a Service that wants it. */
  readonly schedulers: ReadonlyMap<string, string>;
  readonly vips: readonly ClusterVip[];
  /** The Service of a virtual server, by the key of that. */
  serviceOf(key: string): string | undefined;
  /** The Service that holds a VIP. */
  serviceAt(vip: string): string | undefined;
  /** Whose an address is where it is another host's: `Node node-b`, `the API server`. */
  otherHostAt(address: IpAddress): string | undefined;
}

export interface Permission {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

export type PermissionReading =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied' }
  /** The question itself was refused. */
  | { readonly kind: 'not told'; readonly reason: string };

export type ApiVersionReading =
  | {
      readonly kind: 'answered';
      readonly version: string;
      /** What the server's clock said, in milliseconds since 1970; undefined where it did not say. */
      readonly serverTimeMs: number | undefined;
      /** What our clock said in the middle of the request. */
      readonly ourTimeMs: number;
      /** How long the request took: no difference below it can be told. */
      readonly tookMs: number;
    }
  | { readonly kind: 'failed'; readonly reason: string };

export type ApiReader =
  | { readonly kind: 'not asked'; readonly why: string }
  | {
      readonly kind: 'asked';
      readonly server: string;
      version(): Promise<ApiVersionReading>;
      /** The name by which the server knows us; undefined where it does not tell. */
      userName(): Promise<string | undefined>;
      may(permission: Permission): Promise<PermissionReading>;
    };
