/**
 * Fields and whole sections of a KubeProxyConfiguration that say nothing to this program, of all
 * versions of kube-proxy, with the reason.
 */
export const fieldsWithoutEffect: ReadonlyMap<string, string> = new Map([
  ['clientConnection.acceptContentTypes', 'the API server is asked for JSON'],
  ['clientConnection.burst', 'lists, watches and rate-limited Events are all there is to send'],
  ['clientConnection.contentType', 'requests to the API server are JSON'],
  ['clientConnection.qps', 'lists, watches and rate-limited Events are all there is to send'],
  ['configSyncPeriod', 'watches go on from where they were; nothing is listed again on a timer'],
  ['conntrack.max', 'older than Kubernetes 1.12; `conntrack.maxPerCore` has replaced it'],
  ['enableProfiling', "profiles of Go's runtime"],
  ['featureGates', "kube-proxy's own features"],
  ['iptables.localhostNodePorts', 'node ports are not served on loopback addresses in ipvs mode'],
  ['iptables.minSyncPeriod', 'of the iptables mode'],
  ['iptables.snatNodeInternalIP', 'of the iptables mode'],
  ['iptables.syncPeriod', 'of the iptables mode'],
  ['linux', 'a section of a later version; v1alpha1 has these fields elsewhere'],
  ['logging.flushFrequency', 'the log is not buffered'],
  ['logging.format', 'the form of the log is chosen with `--log-format`'],
  ['logging.options', 'the log goes to standard error alone'],
  ['logging.vmodule', 'the files of kube-proxy are meant'],
  ['nftables', 'of the nftables mode'],
  ['portRange', 'of the userspace mode'],
  ['resourceContainer', 'older than Kubernetes 1.16'],
  ['showHiddenMetricsForVersion', 'no metric is hidden'],
  ['udpIdleTimeout', 'of the userspace mode'],
  ['windows', 'of Windows'],
  ['windowsRunAsService', 'of Windows'],
  ['winkernel', 'of Windows'],
]);
