/** In which of two releases kube-proxy has a metric on Linux. */
type Releases = 'both' | '1.36';

/** A metric of kube-proxy, and what becomes of it here. */
export interface KubeProxyMetric {
  readonly name: string;
  readonly releases: Releases;
  /** What differs here; undefined where its meaning is the same. */
  readonly here:
    | { readonly kind: 'yes'; readonly note?: string }
    | { readonly kind: 'no'; readonly why: string };
}

const yes = (name: string, releases: Releases, note?: string): KubeProxyMetric => ({
  name,
  releases,
  here: note === undefined ? { kind: 'yes' } : { kind: 'yes', note },
});

const no = (name: string, releases: Releases, why: string): KubeProxyMetric => ({
  name,
  releases,
  here: { kind: 'no', why },
});

const oneRound = 'one round does both families, so there is no label `ip_family` (1.36)';
const perFamily = `without the label \`ip_family\` of 1.36`;
const ownRules =
  'the rules do not grow with Services: entries of sets do, and `kube_ipvs_foundation` says whether the rules are there';
const nftables = 'the mode nftables alone';
const goClient = 'a matter of client-go';

/**
 * The lists of kube-proxy 1.30 and 1.36 (Kubernetes Metrics Reference of both, components of kube-proxy),
 * but for Go's runtime and what the library component-base adds to each program.
 */
export const kubeProxyMetrics: readonly KubeProxyMetric[] = [
  yes('kubeproxy_sync_proxy_rules_duration_seconds', 'both', oneRound),
  yes('kubeproxy_sync_full_proxy_rules_duration_seconds', 'both', 'an audit'),
  yes(
    'kubeproxy_sync_partial_proxy_rules_duration_seconds',
    'both',
    'a round for changed Services alone',
  ),
  yes('kubeproxy_sync_proxy_rules_last_timestamp_seconds', 'both', perFamily),
  yes('kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', 'both', perFamily),
  yes('kubeproxy_network_programming_duration_seconds', 'both', perFamily),
  yes('kubeproxy_sync_proxy_rules_service_changes_total', 'both'),
  yes('kubeproxy_sync_proxy_rules_service_changes_pending', 'both'),
  yes('kubeproxy_sync_proxy_rules_endpoint_changes_total', 'both'),
  yes('kubeproxy_sync_proxy_rules_endpoint_changes_pending', 'both'),
  yes('kubeproxy_sync_proxy_rules_no_local_endpoints_total', 'both', perFamily),
  yes('kubeproxy_proxy_healthz_total', 'both'),
  yes('kubeproxy_proxy_livez_total', 'both'),
  yes(
    'kubeproxy_conntrack_reconciler_deleted_entries_total',
    '1.36',
    `${perFamily}; of other protocols than UDP those that nobody has answered`,
  ),
  yes('kubeproxy_conntrack_reconciler_sync_duration_seconds', '1.36', perFamily),
  yes('rest_client_requests_total', 'both', 'lists, watches and Events'),
  no('kubeproxy_sync_proxy_rules_iptables_total', 'both', ownRules),
  no('kubeproxy_sync_proxy_rules_iptables_last', 'both', ownRules),
  no(
    'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
    'both',
    '`kube_ipvs_kernel_errors_total{kind="foundation"}` and `kube_ipvs_foundation`',
  ),
  no(
    'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total',
    'both',
    'there is no partial restore',
  ),
  no(
    'kubeproxy_iptables_ct_state_invalid_dropped_packets_total',
    '1.36',
    'no rule here drops such packets',
  ),
  no(
    'kubeproxy_iptables_localhost_nodeports_accepted_packets_total',
    '1.36',
    'no node port answers on a loopback address in IPVS mode',
  ),
  no('kubeproxy_sync_proxy_rules_nftables_sync_failures_total', '1.36', nftables),
  no('kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total', '1.36', nftables),
  no(
    'kubernetes_build_info',
    'both',
    'it says which Kubernetes a program is of; `kube_ipvs_build_info` says which kube-ipvs this is',
  ),
  no('rest_client_request_duration_seconds', 'both', 'most requests are watches, which last'),
  no('rest_client_request_size_bytes', 'both', goClient),
  no('rest_client_response_size_bytes', 'both', goClient),
  no(
    'rest_client_request_retries_total',
    'both',
    '`kube_ipvs_api_requests_total` has each failure',
  ),
  no('rest_client_rate_limiter_duration_seconds', 'both', 'there is no such limit'),
  no('rest_client_dns_resolution_duration_seconds', 'both', goClient),
  no('rest_client_exec_plugin_call_total', 'both', goClient),
  no('rest_client_exec_plugin_certificate_rotation_age', 'both', goClient),
  no('rest_client_exec_plugin_policy_call_total', '1.36', goClient),
  no('rest_client_exec_plugin_ttl_seconds', 'both', goClient),
  no('rest_client_transport_cache_entries', 'both', goClient),
  no('rest_client_transport_create_calls_total', 'both', goClient),
  yes('process_cpu_seconds_total', 'both'),
  yes('process_max_fds', 'both'),
  yes('process_open_fds', 'both'),
  yes('process_resident_memory_bytes', 'both'),
  yes('process_start_time_seconds', 'both'),
  yes('process_virtual_memory_bytes', 'both'),
  no('process_virtual_memory_max_bytes', 'both', "Node's client has no such metric"),
];
