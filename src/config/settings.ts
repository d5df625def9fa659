import type { Timeouts } from '../kernel/ipvs/model.ts';
import type { KernelSettings } from '../kernel/configuration.ts';
import type { LogLevel } from '../base/log.ts';
import type { LocalDetection } from '../kernel/packet-filter/local-detector.ts';
import type { Cidr } from '../net/cidr.ts';
import type { ConntrackSettings } from '../kernel/sysctl/conntrack.ts';
import type { NodePortAddresses } from '../translate/node-addresses.ts';
import type { TranslationSettings } from '../translate/translate-service.ts';
import type { BindAddress } from '../net/bind-address.ts';
import type { StatusPageReaders, TakeOverMode } from './formats.ts';

/** Of what there are series of metrics, and how many at most. */
export interface ServiceMetrics {
  readonly detail: 'none' | 'services' | 'realServers';
  readonly seriesLimit: number;
}

/** Everything that configures a run, whatever it came from. */
export interface Settings {
  /** The name of this Node in the cluster. */
  readonly nodeName: string;
  /** Undefined for the credentials of the Pod, or kubectl's default. */
  readonly kubeconfig: string | undefined;
  /** `--master`: the URL of the API server, whatever the kubeconfig says. */
  readonly apiServer: string | undefined;
  readonly nodePortAddresses: NodePortAddresses;
  readonly translation: TranslationSettings;
  readonly kernel: KernelSettings;
  /** How traffic from Pods is known; `kernel.chains.local` is what of it holds without the Node. */
  readonly localDetection: LocalDetection;
  readonly conntrack: ConntrackSettings;
  readonly ipvsTimeouts: Timeouts;
  /** Virtual servers with an address in these ranges are never touched. */
  readonly excludeCIDRs: readonly Cidr[];
  /** How often the kernel is read anew and drift repaired, in milliseconds. */
  readonly auditEveryMs: number;
  /** The least time between two rounds of work, in milliseconds. */
  readonly minSyncPeriodMs: number;
  /** Where health is served; undefined for nowhere. */
  readonly healthzBindAddress: BindAddress | undefined;
  /** Where metrics are served; undefined for nowhere. */
  readonly metricsBindAddress: BindAddress | undefined;
  /** What is read of the kernel's counters. */
  readonly serviceMetrics: ServiceMetrics;
  /** The bits that packet marks of port ranges may have. */
  readonly portRangeMarks: number;
  /** Who removes what kube-proxy has left: an operator, or this program by itself. */
  readonly takeOver: TakeOverMode;
  /** Who may read the status page, which is served with the metrics. */
  readonly statusPage: StatusPageReaders;
  /** A server that cannot be bound ends the process. */
  readonly bindAddressHardFail: boolean;
  /** -1000 to 1000. */
  readonly oomScoreAdj: number;
  /** What is logged, where the command line does not say it. */
  readonly logLevel: LogLevel;
}
