import { fieldAt } from './schema.ts';
import type { Settings } from './settings.ts';

/** What a changed configuration asks for; the fields are paths in the file. */
export type SettingsChange =
  | { readonly kind: 'none' }
  /** All of it can take effect in the running process. */
  | { readonly kind: 'live'; readonly fields: readonly string[] }
  /** Some of it takes effect in a new process only. */
  | { readonly kind: 'restart'; readonly fields: readonly string[] };

type Effect = (settings: Settings) => unknown;

/**
 * The effect of each field on the settings. `mode` has none that could change, and `bindAddress`
 * only through the two addresses.
 */
const effects: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ['hostnameOverride', ({ nodeName }) => nodeName],
  ['clientConnection.kubeconfig', ({ kubeconfig }) => kubeconfig],
  ['healthzBindAddress', ({ healthzBindAddress }) => healthzBindAddress],
  ['metricsBindAddress', ({ metricsBindAddress }) => metricsBindAddress],
  ['bindAddressHardFail', ({ bindAddressHardFail }) => bindAddressHardFail],
  ['oomScoreAdj', ({ oomScoreAdj }) => oomScoreAdj],
  ['logging.verbosity', ({ logLevel }) => logLevel],
  ['nodePortAddresses', ({ nodePortAddresses }) => nodePortAddresses],
  ['detectLocalMode', ({ localDetection }) => localDetection.kind],
  ['clusterCIDR', ({ localDetection: by }) => (by.kind === 'ranges' ? by.ranges : undefined)],
  [
    'detectLocal.bridgeInterface',
    ({ localDetection: by }) => (by.kind === 'interface' ? by.name : undefined),
  ],
  [
    'detectLocal.interfaceNamePrefix',
    ({ localDetection: by }) => (by.kind === 'interface prefix' ? by.prefix : undefined),
  ],
  ['iptables.masqueradeAll', ({ kernel }) => kernel.chains.masqueradeAll],
  ['iptables.masqueradeBit', ({ kernel }) => kernel.chains.masqueradeBit],
  ['ipvs.scheduler', ({ translation }) => translation.scheduler],
  ['ipvs.syncPeriod', ({ auditEveryMs }) => auditEveryMs],
  ['ipvs.minSyncPeriod', ({ minSyncPeriodMs }) => minSyncPeriodMs],
  ['ipvs.excludeCIDRs', ({ excludeCIDRs }) => excludeCIDRs],
  ['ipvs.strictARP', ({ kernel }) => kernel.strictArp],
  ['ipvs.tcpTimeout', ({ ipvsTimeouts }) => ipvsTimeouts.tcpSeconds],
  ['ipvs.tcpFinTimeout', ({ ipvsTimeouts }) => ipvsTimeouts.tcpFinSeconds],
  ['ipvs.udpTimeout', ({ ipvsTimeouts }) => ipvsTimeouts.udpSeconds],
  ['conntrack.maxPerCore', ({ conntrack }) => conntrack.maxPerCore],
  ['conntrack.min', ({ conntrack }) => conntrack.min],
  ['conntrack.tcpEstablishedTimeout', ({ conntrack }) => conntrack.tcpEstablishedSeconds],
  ['conntrack.tcpCloseWaitTimeout', ({ conntrack }) => conntrack.tcpCloseWaitSeconds],
  ['conntrack.tcpBeLiberal', ({ conntrack }) => conntrack.tcpBeLiberal],
  ['conntrack.udpTimeout', ({ conntrack }) => conntrack.udpSeconds],
  ['conntrack.udpStreamTimeout', ({ conntrack }) => conntrack.udpStreamSeconds],
  ['kubeIpvs.packetFilter', ({ kernel }) => kernel.packetFilter],
  ['kubeIpvs.iptablesVariant', ({ kernel }) => kernel.iptables],
  ['kubeIpvs.drainTimeout', ({ translation }) => translation.drainTimeoutMs],
  ['kubeIpvs.localityWeights', ({ translation }) => translation.localityWeights],
  ['kubeIpvs.weights', ({ translation }) => translation.nodeWeights],
  ['kubeIpvs.maxConnections', ({ translation }) => translation.connectionLimits],
  ['kubeIpvs.onePacket', ({ translation }) => translation.onePacket],
  ['kubeIpvs.slowStart', ({ translation }) => translation.slowStartMs],
  ['kubeIpvs.outlierEjection', ({ translation }) => translation.outlierEjection],
  ['kubeIpvs.externalIPCIDRs', ({ translation }) => translation.externalIPs],
  ['kubeIpvs.loadBalancerIPCIDRs', ({ translation }) => translation.loadBalancerIPs],
  ['kubeIpvs.statusPage', ({ statusPage }) => statusPage],
  ['kubeIpvs.portRangeMarks', ({ portRangeMarks }) => portRangeMarks],
  ['kubeIpvs.takeOver', ({ takeOver }) => takeOver],
  ['kubeIpvs.protectedCIDRs', ({ translation }) => translation.protectedRanges],
  ['kubeIpvs.serviceMetrics', ({ serviceMetrics }) => serviceMetrics.detail],
  ['kubeIpvs.serviceMetricsLimit', ({ serviceMetrics }) => serviceMetrics.seriesLimit],
]);

/** Compares settings by what they mean: `60s` and `1m` are no change. */
export function settingsChange(before: Settings, after: Settings): SettingsChange {
  const fields = Array.from(effects)
    .filter(([, effect]) => JSON.stringify([effect(before)]) !== JSON.stringify([effect(after)]))
    .map(([field]) => field);
  if (fields.length === 0) {
    return { kind: 'none' };
  }
  const isLive = fields.every((field) => fieldAt.get(field)?.change === 'live');
  return { kind: isLive ? 'live' : 'restart', fields };
}
