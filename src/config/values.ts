/** The values of all fields that have an effect, each of the format that the schema demands. */
export interface ProcessValues {
  readonly mode: string;
  readonly hostnameOverride: string;
  readonly bindAddress: string;
  readonly healthzBindAddress: string;
  readonly metricsBindAddress: string;
  readonly bindAddressHardFail: boolean;
  readonly oomScoreAdj: number;
  readonly clientConnection: { readonly kubeconfig: string };
  readonly logging: { readonly verbosity: number };
}

export interface TrafficValues {
  readonly nodePortAddresses: readonly string[];
  readonly clusterCIDR: string;
  readonly detectLocalMode: string;
  readonly detectLocal: {
    readonly bridgeInterface: string;
    readonly interfaceNamePrefix: string;
  };
  readonly iptables: { readonly masqueradeAll: boolean; readonly masqueradeBit: number };
}

export interface KernelValues {
  readonly ipvs: {
    readonly scheduler: string;
    readonly syncPeriod: string;
    readonly minSyncPeriod: string;
    readonly excludeCIDRs: readonly string[];
    readonly strictARP: boolean;
    readonly tcpTimeout: string;
    readonly tcpFinTimeout: string;
    readonly udpTimeout: string;
  };
  readonly conntrack: {
    readonly maxPerCore: number;
    readonly min: number;
    readonly tcpEstablishedTimeout: string;
    readonly tcpCloseWaitTimeout: string;
    readonly tcpBeLiberal: boolean;
    readonly udpTimeout: string;
    readonly udpStreamTimeout: string;
  };
}

/** What only this program has. */
export interface OwnValues {
  readonly kubeIpvs: {
    readonly packetFilter: string;
    readonly iptablesVariant: string;
    readonly drainTimeout: string;
    readonly localityWeights: string;
    readonly weights: string;
    readonly maxConnections: string;
    readonly onePacket: boolean;
    readonly slowStart: string;
    readonly outlierEjection: boolean;
    readonly externalIPCIDRs: readonly string[];
    readonly loadBalancerIPCIDRs: readonly string[];
    readonly protectedCIDRs: readonly string[];
    readonly serviceMetrics: string;
    readonly serviceMetricsLimit: number;
    readonly statusPage: string;
    readonly takeOver: string;
    readonly portRangeMarks: string;
  };
}

export type Values = ProcessValues & TrafficValues & KernelValues & OwnValues;
