import type { SchemaOf } from './field.ts';
import type { OwnValues, TrafficValues } from './values.ts';

/** Fields about which traffic is served, and which is masqueraded. */
export const trafficSchema: SchemaOf<TrafficValues> = {
  nodePortAddresses: {
    doc: 'The addresses of the node at which node ports are served: those in the ranges, or the IPs of the Node object (`primary`). For a family without a range that is each of its addresses. Loopback addresses are never among them.',
    format: 'node-port-addresses',
    default: [],
    defaultText: '`[]`, all',
    unit: 'CIDRs, `primary` or `all`',
    change: 'restart',
  },
  detectLocalMode: {
    doc: 'How traffic from Pods is distinguished from other traffic: by its source address (`ClusterCIDR`: Pods of all nodes, `NodeCIDR`: Pods of this node, by `podCIDRs` of the Node), or by the interface that it comes from (`BridgeInterface`, `InterfaceNamePrefix`).',
    format: 'local-mode',
    default: '',
    defaultText: '`ClusterCIDR`',
    unit: 'name of a mode',
    change: 'restart',
  },
  clusterCIDR: {
    doc: 'For `ClusterCIDR`: the addresses of Pods. Connections from elsewhere to a cluster IP are masqueraded. Where it is empty, none is masqueraded for coming from elsewhere.',
    format: 'cluster-cidr',
    default: '',
    unit: 'a CIDR per family, comma separated',
    change: 'restart',
  },
  detectLocal: {
    bridgeInterface: {
      doc: 'For `BridgeInterface`, which needs it: the bridge of the Pods.',
      format: 'interface-name',
      default: '',
      unit: 'name of an interface',
      change: 'restart',
    },
    interfaceNamePrefix: {
      doc: 'For `InterfaceNamePrefix`, which needs it: how the names of the interfaces of Pods begin.',
      format: 'interface-prefix',
      default: '',
      unit: 'text',
      change: 'restart',
    },
  },
  iptables: {
    masqueradeAll: {
      doc: 'Masquerade every connection to a cluster IP.',
      format: 'truth',
      default: false,
      unit: 'true or false',
      change: 'restart',
    },
    masqueradeBit: {
      doc: 'The bit of the packet mark that asks for masquerade.',
      format: 'mark-bit',
      default: 14,
      unit: 'bit, 0 to 31',
      change: 'restart',
    },
  },
};

/** Fields that kube-proxy does not have, in a section of their own. */
export const ownSchema: SchemaOf<OwnValues> = {
  kubeIpvs: {
    packetFilter: {
      doc: 'What masquerades and filters: `nftables`, a table of its own in nf_tables; or `iptables`, chains of iptables with sets of ipset. `auto`: nftables where the kernel has what it needs (Linux 5.9 or later), unless a policy DROP of iptables would stop Services. The other one goes when the new one is in place.',
      format: 'packet-filter',
      default: 'auto',
      unit: '`auto`, `nftables` or `iptables`',
      change: 'restart',
      env: 'KUBE_IPVS_PACKET_FILTER',
    },
    iptablesVariant: {
      doc: 'For the packet filter `iptables`: which one to use. `auto`: the one that the kubelet uses, else one that holds rules or works.',
      format: 'iptables-variant',
      default: 'auto',
      unit: '`auto`, `legacy` or `nft`',
      change: 'restart',
      env: 'KUBE_IPVS_IPTABLES_VARIANT',
    },
    drainTimeout: {
      doc: 'How long a real server that is no longer wanted may keep its connections, where the Service has no `kube-ipvs.io/drain-timeout`.',
      format: 'optional-go-duration',
      default: '',
      defaultText: '`""`, as long as they last',
      unit: 'duration',
      change: 'live',
      env: 'KUBE_IPVS_DRAIN_TIMEOUT',
    },
    outlierEjection: {
      doc: 'Whether a real server of TCP or SCTP that does not answer new connections, or refuses them, gets none for a while on this node, where the Service has no `kube-ipvs.io/outlier-ejection`.',
      format: 'truth-or-text',
      default: false,
      unit: 'true or false',
      change: 'live',
      env: 'KUBE_IPVS_OUTLIER_EJECTION',
    },
    externalIPCIDRs: {
      doc: 'The ranges in which external IPs of Services are served; others are refused with the Event `ExternalIPRefused`. An empty list refuses all.',
      format: 'cidrs-or-text',
      default: ['0.0.0.0/0', '::/0'],
      unit: 'CIDRs, or text with commas between them',
      change: 'live',
      env: 'KUBE_IPVS_EXTERNAL_IP_CIDRS',
    },
    loadBalancerIPCIDRs: {
      doc: 'The ranges in which load-balancer IPs of Services are served; others are refused with the Event `LoadBalancerIPRefused`. An empty list refuses all.',
      format: 'cidrs-or-text',
      default: ['0.0.0.0/0', '::/0'],
      unit: 'CIDRs, or text with commas between them',
      change: 'live',
      env: 'KUBE_IPVS_LOAD_BALANCER_IP_CIDRS',
    },
    protectedCIDRs: {
      doc: 'The ranges in which no external or load-balancer IP of a Service is bound or served: addresses that this node must go on reaching, and addresses of its own that no Service may have. The addresses of the API server and of other Nodes are protected without being named. Cluster IPs are served all the same.',
      format: 'cidrs-or-text',
      default: [],
      unit: 'CIDRs, or text with commas between them',
      change: 'live',
      env: 'KUBE_IPVS_PROTECTED_CIDRS',
    },
    serviceMetrics: {
      doc: 'Of what `/metrics` has connections, packets and bytes: of each Service, also of each real server of a Service, or of neither. They are read every ten seconds, where metrics are served at all.',
      format: 'service-metrics',
      default: 'services',
      unit: '`none`, `services` or `realServers`',
      change: 'restart',
      env: 'KUBE_IPVS_SERVICE_METRICS',
    },
    serviceMetricsLimit: {
      doc: 'How many series these may be: seven for each Service, and seven for each of its real servers. Services over the limit are summed up in the series of the service `(other)`; real servers over it have none.',
      format: 'count-or-text',
      default: 100_000,
      unit: 'number of series',
      change: 'restart',
      env: 'KUBE_IPVS_SERVICE_METRICS_LIMIT',
    },
    statusPage: {
      doc: 'Who may read the status page, `/status` at `metricsBindAddress`, which names all Services and their Pods. `loopback`: connections to a loopback address alone, whatever else the metrics are served at; `metricsAddress`: whoever may read the metrics; `off`: nobody. `kube-ipvs show` asks there too.',
      format: 'status-page',
      default: 'loopback',
      unit: '`loopback`, `metricsAddress` or `off`',
      change: 'restart',
      env: 'KUBE_IPVS_STATUS_PAGE',
    },
  },
};
