/** How the text behind a flag becomes the value of a field. */
export type FlagKind = 'text' | 'number' | 'truth' | 'list';

/** A flag of kube-proxy that sets a field of the configuration. */
export interface FieldFlag {
  /** Without the dashes: `cluster-cidr`. */
  readonly name: string;
  readonly kind: FlagKind;
  readonly field: string;
}

/** A flag of kube-proxy that is taken and says nothing to this program. */
export interface FlagWithoutEffect {
  readonly name: string;
  readonly kind: FlagKind;
}

/** Flags of kube-proxy, as cmd/kube-proxy/app/options.go of 1.29 to 1.35 has them. */
export const fieldFlags: readonly FieldFlag[] = [
  { name: 'bind-address', kind: 'text', field: 'bindAddress' },
  { name: 'bind-address-hard-fail', kind: 'truth', field: 'bindAddressHardFail' },
  { name: 'cluster-cidr', kind: 'text', field: 'clusterCIDR' },
  { name: 'conntrack-max-per-core', kind: 'number', field: 'conntrack.maxPerCore' },
  { name: 'conntrack-min', kind: 'number', field: 'conntrack.min' },
  { name: 'conntrack-tcp-be-liberal', kind: 'truth', field: 'conntrack.tcpBeLiberal' },
  {
    name: 'conntrack-tcp-timeout-close-wait',
    kind: 'text',
    field: 'conntrack.tcpCloseWaitTimeout',
  },
  {
    name: 'conntrack-tcp-timeout-established',
    kind: 'text',
    field: 'conntrack.tcpEstablishedTimeout',
  },
  { name: 'conntrack-udp-timeout', kind: 'text', field: 'conntrack.udpTimeout' },
  { name: 'conntrack-udp-timeout-stream', kind: 'text', field: 'conntrack.udpStreamTimeout' },
  { name: 'detect-local-mode', kind: 'text', field: 'detectLocalMode' },
  { name: 'healthz-bind-address', kind: 'text', field: 'healthzBindAddress' },
  { name: 'hostname-override', kind: 'text', field: 'hostnameOverride' },
  { name: 'iptables-masquerade-bit', kind: 'number', field: 'iptables.masqueradeBit' },
  { name: 'ipvs-exclude-cidrs', kind: 'list', field: 'ipvs.excludeCIDRs' },
  { name: 'ipvs-min-sync-period', kind: 'text', field: 'ipvs.minSyncPeriod' },
  { name: 'ipvs-scheduler', kind: 'text', field: 'ipvs.scheduler' },
  { name: 'ipvs-strict-arp', kind: 'truth', field: 'ipvs.strictARP' },
  { name: 'ipvs-sync-period', kind: 'text', field: 'ipvs.syncPeriod' },
  { name: 'ipvs-tcp-timeout', kind: 'text', field: 'ipvs.tcpTimeout' },
  { name: 'ipvs-tcpfin-timeout', kind: 'text', field: 'ipvs.tcpFinTimeout' },
  { name: 'ipvs-udp-timeout', kind: 'text', field: 'ipvs.udpTimeout' },
  { name: 'masquerade-all', kind: 'truth', field: 'iptables.masqueradeAll' },
  { name: 'metrics-bind-address', kind: 'text', field: 'metricsBindAddress' },
  { name: 'nodeport-addresses', kind: 'list', field: 'nodePortAddresses' },
  { name: 'oom-score-adj', kind: 'number', field: 'oomScoreAdj' },
  { name: 'pod-bridge-interface', kind: 'text', field: 'detectLocal.bridgeInterface' },
  { name: 'pod-interface-name-prefix', kind: 'text', field: 'detectLocal.interfaceNamePrefix' },
  { name: 'proxy-mode', kind: 'text', field: 'mode' },
];

/** Flags that turn a server off with 0 and say nothing otherwise (addressFromDeprecatedFlags). */
export const portFlags: readonly FieldFlag[] = [
  { name: 'healthz-port', kind: 'number', field: 'healthzBindAddress' },
  { name: 'metrics-port', kind: 'number', field: 'metricsBindAddress' },
];

export const flagsWithoutEffect: readonly FlagWithoutEffect[] = [
  ...(['iptables-localhost-nodeports', 'profiling', 'logtostderr', 'alsologtostderr'] as const).map(
    (name) => ({ name, kind: 'truth' as const }),
  ),
  ...[
    'config-sync-period',
    'feature-gates',
    'iptables-min-sync-period',
    'iptables-sync-period',
    'kube-api-burst',
    'kube-api-content-type',
    'kube-api-qps',
    'log-flush-frequency',
    'log-json-info-buffer-size',
    'log-text-info-buffer-size',
    'logging-format',
    'proxy-port-range',
    'show-hidden-metrics-for-version',
    'stderrthreshold',
    'udp-timeout',
    'vmodule',
  ].map((name) => ({ name, kind: 'text' as const })),
  ...['log-json-split-stream', 'log-text-split-stream'].map((name) => ({
    name,
    kind: 'truth' as const,
  })),
];

/** The flags of kube-proxy that were given, by name and with their texts. */
export type GivenFlags = ReadonlyMap<string, string>;

/** What a flag says about a field. */
export interface FlagValue {
  readonly name: string;
  readonly field: string;
  readonly value: unknown;
}

/** The fields that flags set. A text that is no value stays text, which the field's format refuses. */
export function flagValues(given: GivenFlags): readonly FlagValue[] {
  const ports = portFlags
    .filter(({ name }) => given.get(name) === '0')
    .map(({ name, field }) => ({ name, field, value: noServer }));
  const fields = fieldFlags.flatMap(({ name, kind, field }) => {
    const text = given.get(name);
    // An empty name is none, as with kube-proxy.
    return text === undefined || (text === '' && name === 'hostname-override')
      ? []
      : [{ name, field, value: flagValue(kind, name, text) }];
  });
  return [...fields, ...ports];
}

/** The names of flags that were given and say nothing. */
export function namesWithoutEffect(given: GivenFlags): readonly string[] {
  return [
    ...flagsWithoutEffect.map(({ name }) => name).filter((name) => given.has(name)),
    ...portFlags
      .map(({ name }) => name)
      .filter((name) => given.has(name) && given.get(name) !== '0'),
  ];
}

/** An address with port 0, which stands for no server. */
const noServer = '0.0.0.0:0';

function flagValue(kind: FlagKind, name: string, text: string): unknown {
  switch (kind) {
    case 'number':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'truth':
      return truthOf(text) ?? text;
    case 'list':
      return text === '' ? [] : text.split(',').map((entry) => entry.trim());
    case 'text':
      // On the command line an empty address turns a server off; in the file it is the default.
      return text === '' && /^(healthz|metrics)-bind-address$/.test(name) ? noServer : text;
  }
}

/** The words that Go's strconv.ParseBool knows. */
function truthOf(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) {
    return true;
  }
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}
