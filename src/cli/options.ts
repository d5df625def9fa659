import type { GivenFlags } from '../config/kube-proxy-flags.ts';
import type { FilterOptions } from './show/filter.ts';
import type { LogFormat, LogLevel } from '../base/log.ts';

/** Options of every command. */
export interface CommonOptions {
  readonly logLevel: LogLevel;
  /** The command line says the log level; otherwise the configuration may. */
  readonly logLevelGiven?: true;
  readonly logFormat: LogFormat;
  readonly config?: string;
  /** The URL of the API server. */
  readonly master?: string;
  /** The flags of kube-proxy that were given. */
  readonly kubeProxyFlags?: GivenFlags;
}

/** Options of the commands that read a cluster. */
export interface ClusterOptions extends CommonOptions {
  readonly manifests?: string;
  readonly kubeconfig?: string;
  readonly nodeName?: string;
}

export interface RunOptions extends ClusterOptions {
  readonly once: boolean;
  /** With `once`: how long the cluster may take to answer, in milliseconds. */
  readonly timeout: number;
}

export const outputFormats = ['table', 'json'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface PlanOptions extends ClusterOptions {
  readonly output: OutputFormat;
  readonly timeout: number;
}

export const showFormats = ['table', 'wide', 'json'] as const;

export interface ShowOptions extends ClusterOptions, FilterOptions {
  readonly output: (typeof showFormats)[number];
  /** How long the cluster may take to answer, in milliseconds. */
  readonly timeout: number;
  readonly watch: boolean;
  /** With `watch`: from one look to the next, in milliseconds. */
  readonly interval: number;
  /** Whether the running daemon is asked first. */
  readonly daemon: boolean;
}

export interface DoctorOptions extends PlanOptions {
  /** Warnings count for the exit code as errors do. */
  readonly strict: boolean;
}

export interface ExplainOptions extends PlanOptions {
  /** `default/web`, `default/web:http` */
  readonly service?: string;
  /** Who sends: `node`, `pod`, `outside` or an address. */
  readonly from?: string;
  /** `10.96.0.10:53/udp` */
  readonly to?: string;
}

export interface CleanupOptions extends CommonOptions {
  /** Instead of what is ours, what kube-proxy has left. */
  readonly kubeProxy: boolean;
  /** Of what is ours the rules alone. */
  readonly packetFilter: boolean;
  readonly dryRun: boolean;
  /** Although a kube-proxy runs, or kube-ipvs does not serve the node. */
  readonly force: boolean;
}
