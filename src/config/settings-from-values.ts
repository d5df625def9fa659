import type { KernelSettings } from '../kernel/configuration.ts';
import { localDetectorOf, type LocalDetection } from '../kernel/packet-filter/local-detector.ts';
import { Cidr } from '../net/cidr.ts';
import { IpAddress } from '../net/ip-address.ts';
import type { NodePortAddresses } from '../translate/node-addresses.ts';
import { fallbackScheduler, isScheduler } from '../kernel/ipvs/schedulers.ts';
import { parseBindAddress, type BindAddress } from '../net/bind-address.ts';
import { packetFilterKinds } from '../kernel/packet-filter/packet-filter.ts';
import { splitCidrs, statusPageReaders } from './formats.ts';
import { parseGoDuration } from '../base/go-duration.ts';
import { parseMarkMask, usualMarkMask } from '../net/mark-mask.ts';
import { parseConnectionLimits } from '../translate/connection-limits.ts';
import { parseLocalityWeights } from '../translate/locality-weights.ts';
import type { Settings } from './settings.ts';
import type { Values } from './values.ts';
import { logLevelOf } from './verbosity.ts';

/** kube-proxy's default, which `syncPeriod: 0s` means too. */
export const defaultSyncPeriodMs = 30_000;

const healthzPort = 10_256;
const metricsPort = 10_249;

/** What is not in the file. */
export interface OutsideValues {
  readonly nodeName: string;
  readonly kubeconfig: string | undefined;
  readonly apiServer: string | undefined;
}

/** Settings from values that the formats of the schema have let through. */
export function settingsFromValues(values: Values, outside: OutsideValues): Settings {
  const { ipvs, kubeIpvs } = values;
  const localDetection = localDetectionOf(values);
  const bindsIpv6 = IpAddress.parse(values.bindAddress)?.family === 'IPv6';
  return {
    ...outside,
    nodePortAddresses: nodePortAddressesFrom(values.nodePortAddresses),
    translation: {
      scheduler: isScheduler(ipvs.scheduler) ? ipvs.scheduler : fallbackScheduler,
      drainTimeoutMs: parseGoDuration(kubeIpvs.drainTimeout),
      nodeWeights: kubeIpvs.weights === 'node',
      localityWeights: unlessNone(parseLocalityWeights(kubeIpvs.localityWeights)),
      connectionLimits: unlessNone(parseConnectionLimits(kubeIpvs.maxConnections)),
      onePacket: kubeIpvs.onePacket,
      slowStartMs: optionalMs(kubeIpvs.slowStart),
      outlierEjection: kubeIpvs.outlierEjection,
      externalIPs: cidrsFrom(kubeIpvs.externalIPCIDRs),
      loadBalancerIPs: cidrsFrom(kubeIpvs.loadBalancerIPCIDRs),
      protectedRanges: cidrsFrom(kubeIpvs.protectedCIDRs),
    },
    kernel: kernelSettingsFrom(values, localDetection),
    localDetection,
    conntrack: conntrackSettingsFrom(values),
    ipvsTimeouts: {
      tcpSeconds: wholeSeconds(ipvs.tcpTimeout),
      tcpFinSeconds: wholeSeconds(ipvs.tcpFinTimeout),
      udpSeconds: wholeSeconds(ipvs.udpTimeout),
    },
    excludeCIDRs: cidrsFrom(ipvs.excludeCIDRs),
    auditEveryMs: syncPeriodMs(ipvs.syncPeriod),
    minSyncPeriodMs: milliseconds(ipvs.minSyncPeriod),
    healthzBindAddress: bindAddressFrom(
      values.healthzBindAddress === '' ? (bindsIpv6 ? '::' : '0.0.0.0') : values.healthzBindAddress,
      healthzPort,
    ),
    metricsBindAddress: bindAddressFrom(
      values.metricsBindAddress === ''
        ? bindsIpv6
          ? '::1'
          : '127.0.0.1'
        : values.metricsBindAddress,
      metricsPort,
    ),
    serviceMetrics: serviceMetricsFrom(values),
    statusPage: statusPageFrom(kubeIpvs.statusPage),
    portRangeMarks: parseMarkMask(kubeIpvs.portRangeMarks) ?? usualMarkMask,
    takeOver: kubeIpvs.takeOver === 'auto' ? 'auto' : 'manual',
    bindAddressHardFail: values.bindAddressHardFail,
    oomScoreAdj: values.oomScoreAdj,
    logLevel: logLevelOf(values.logging.verbosity),
  };
}

function kernelSettingsFrom(values: Values, detection: LocalDetection): KernelSettings {
  const { iptables, ipvs, kubeIpvs } = values;
  const variant = kubeIpvs.iptablesVariant;
  return {
    chains: {
      masqueradeAll: iptables.masqueradeAll,
      masqueradeBit: iptables.masqueradeBit,
      rangeMarks: parseMarkMask(kubeIpvs.portRangeMarks) ?? usualMarkMask,
      local: localDetectorOf(detection, []),
      randomFully: true,
    },
    packetFilter: packetFilterKinds.find((kind) => kind === kubeIpvs.packetFilter) ?? 'auto',
    iptables: variant === 'legacy' || variant === 'nft' ? variant : 'auto',
    strictArp: ipvs.strictARP,
  };
}

function serviceMetricsFrom({ kubeIpvs }: Values): Settings['serviceMetrics'] {
  const { serviceMetrics: detail, serviceMetricsLimit: seriesLimit } = kubeIpvs;
  return {
    detail: detail === 'none' || detail === 'realServers' ? detail : 'services',
    seriesLimit,
  };
}

function localDetectionOf({ detectLocalMode, detectLocal, clusterCIDR }: Values): LocalDetection {
  switch (detectLocalMode) {
    case 'NodeCIDR':
      return { kind: 'node ranges' };
    case 'BridgeInterface':
      return { kind: 'interface', name: detectLocal.bridgeInterface };
    case 'InterfaceNamePrefix':
      return { kind: 'interface prefix', prefix: detectLocal.interfaceNamePrefix };
    default:
      return clusterCIDR === ''
        ? { kind: 'none' }
        : { kind: 'ranges', ranges: cidrsFrom(splitCidrs(clusterCIDR)) };
  }
}

function conntrackSettingsFrom({ conntrack }: Values): Settings['conntrack'] {
  return {
    maxPerCore: conntrack.maxPerCore,
    min: conntrack.min,
    tcpEstablishedSeconds: wholeSeconds(conntrack.tcpEstablishedTimeout),
    tcpCloseWaitSeconds: wholeSeconds(conntrack.tcpCloseWaitTimeout),
    tcpBeLiberal: conntrack.tcpBeLiberal,
    udpSeconds: wholeSeconds(conntrack.udpTimeout),
    udpStreamSeconds: wholeSeconds(conntrack.udpStreamTimeout),
  };
}

/** No node port answers on a loopback address, so `localhost` adds nothing to the others. */
function nodePortAddressesFrom(entries: readonly string[]): NodePortAddresses {
  if (entries.length === 0 || entries.includes('all')) {
    return { kind: 'all' };
  }
  return entries.includes('primary')
    ? { kind: 'primary' }
    : {
        kind: 'ranges',
        ranges: cidrsFrom(
          entries.flatMap((entry) => (entry === 'localhost' ? ['127.0.0.0/8', '::1/128'] : entry)),
        ),
      };
}

function statusPageFrom(text: string): Settings['statusPage'] {
  return statusPageReaders.find((readers) => readers === text) ?? 'off';
}

function bindAddressFrom(text: string, defaultPort: number): BindAddress | undefined {
  const choice = parseBindAddress(text, defaultPort);
  return choice === 'off' ? undefined : choice;
}

function cidrsFrom(entries: readonly string[]): readonly Cidr[] {
  return entries.map((entry) => Cidr.parse(entry)).filter((cidr) => cidr !== undefined);
}

/** Zero means the same as nothing. */
function optionalMs(duration: string): number | undefined {
  const ms = milliseconds(duration);
  return ms === 0 ? undefined : ms;
}

function unlessNone<Value>(value: Value | 'none' | undefined): Value | undefined {
  return value === 'none' ? undefined : value;
}

/** The period between two audits, in milliseconds; zero means the default, as with kube-proxy. */
export function syncPeriodMs(duration: string): number {
  const ms = milliseconds(duration);
  return ms === 0 ? defaultSyncPeriodMs : ms;
}

export function milliseconds(duration: string): number {
  return parseGoDuration(duration) ?? 0;
}

/** The kernel counts in seconds; what is set and shorter than one is one, since 0 means unset. */
function wholeSeconds(duration: string): number {
  const ms = milliseconds(duration);
  return ms === 0 ? 0 : Math.max(1, Math.floor(ms / 1000));
}
