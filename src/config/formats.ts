import convict from 'convict';
import { packetFilterKinds } from '../kernel/packet-filter/packet-filter.ts';
import { iptablesVariants } from '../kernel/packet-filter/iptables/iptables.ts';
import { allowedMarkMask, parseMarkMask } from '../net/mark-mask.ts';
import { Cidr } from '../net/cidr.ts';
import { IpAddress } from '../net/ip-address.ts';
import { schedulers } from '../kernel/ipvs/schedulers.ts';
import { parseBindAddress } from '../net/bind-address.ts';
import { parseGoDuration } from '../base/go-duration.ts';
import { weightsValues } from '../cluster/annotation-names.ts';
import { allowedConnectionLimits, parseConnectionLimits } from '../translate/connection-limits.ts';
import { allowedLocalityWeights, parseLocalityWeights } from '../translate/locality-weights.ts';

/** How traffic of this node's Pods is told from other traffic. */
export const localModes = [
  'ClusterCIDR',
  'NodeCIDR',
  'BridgeInterface',
  'InterfaceNamePrefix',
] as const;

/** Who may read the status page. */
export const statusPageReaders = ['loopback', 'metricsAddress', 'off'] as const;
export type StatusPageReaders = (typeof statusPageReaders)[number];

/** Who removes what kube-proxy has left. */
export const takeOverModes = ['manual', 'auto'] as const;
export type TakeOverMode = (typeof takeOverModes)[number];

/** Names that stand for ranges in `nodePortAddresses`. */
export const nodePortKeywords = ['primary', 'all', 'localhost'] as const;

interface Format {
  /** What an error says, and the documentation. */
  readonly allowed: string;
  readonly accepts: (value: unknown) => boolean;
  /** How a text of the environment becomes a value, where it is no text. */
  readonly coerce?: (text: string) => unknown;
}

const greatestInt32 = 0x7fff_ffff;

/** The formats of all fields, as convict knows them. */
export const formats = {
  text: { allowed: 'must be text', accepts: isText },
  'truth-or-text': {
    allowed: 'must be true or false',
    accepts: (value) => typeof value === 'boolean',
    coerce: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  },
  weights: {
    allowed: `must be one of ${weightsValues.join(', ')}`,
    accepts: oneOf(...weightsValues),
  },
  'locality-weights': {
    allowed: `${allowedLocalityWeights}, or empty`,
    accepts: (value) =>
      isText(value) && (value === '' || parseLocalityWeights(value) !== undefined),
  },
  'connection-limits': {
    allowed: `${allowedConnectionLimits}, or empty`,
    accepts: (value) =>
      isText(value) && (value === '' || parseConnectionLimits(value) !== undefined),
  },
  truth: { allowed: 'must be true or false', accepts: (value) => typeof value === 'boolean' },
  'proxy-mode': {
    allowed:
      'must be "" or "ipvs", the one mode of this program; a file that is shared with other proxies can be used as it is with --proxy-mode=ipvs',
    accepts: oneOf('', 'ipvs'),
  },
  'ip-address': {
    allowed: 'must be an IP address',
    accepts: (value) => isText(value) && (value === '' || IpAddress.parse(value) !== undefined),
  },
  'bind-address': {
    allowed:
      'must be an IP address, with a port where it is not the default: 0.0.0.0:10256 or [::]:10256; port 0 for no server',
    accepts: (value) => isText(value) && (value === '' || parseBindAddress(value, 1) !== undefined),
  },
  'go-duration': {
    allowed: 'must be a duration such as 30s, 1m or 0s',
    accepts: isDuration,
  },
  'optional-go-duration': {
    allowed: 'must be a duration such as 5m, 30s or 0s, or empty',
    accepts: (value) => value === '' || isDuration(value),
  },
  count: {
    allowed: `must be a whole number from 0 to ${greatestInt32}`,
    accepts: (value) => isWhole(value, 0, greatestInt32),
  },
  'count-or-text': {
    allowed: `must be a whole number from 0 to ${greatestInt32}`,
    accepts: (value) => isWhole(value, 0, greatestInt32),
    coerce: (text) => (/^\d+$/.test(text.trim()) ? Number(text) : text),
  },
  'service-metrics': {
    allowed: 'must be none, services or realServers',
    accepts: oneOf('none', 'services', 'realServers'),
  },
  'mark-bit': {
    allowed: 'must be a whole number from 0 to 31',
    accepts: (value) => isWhole(value, 0, 31),
  },
  'mark-mask': {
    allowed: allowedMarkMask,
    accepts: (value) => isText(value) && parseMarkMask(value) !== undefined,
  },
  'oom-score': {
    allowed: 'must be a whole number from -1000 to 1000',
    accepts: (value) => isWhole(value, -1000, 1000),
  },
  scheduler: {
    allowed: `must be one of ${schedulers.join(', ')}, or empty`,
    accepts: oneOf('', ...schedulers),
  },
  'local-mode': {
    allowed: `must be one of ${localModes.join(', ')}, or empty`,
    accepts: oneOf('', ...localModes),
  },
  // iptables takes a trailing + for any ending, and 15 letters in all (IFNAMSIZ).
  'interface-name': {
    allowed: 'must be the name of a network interface, of 15 letters at most',
    accepts: (value) => isText(value) && /^(\w[\w.-]{0,14})?$/.test(value),
  },
  'interface-prefix': {
    allowed: 'must be the first letters of interface names, 14 at most',
    accepts: (value) => isText(value) && /^(\w[\w.-]{0,13})?$/.test(value),
  },
  'cluster-cidr': {
    allowed: 'must be a CIDR such as 10.244.0.0/16, or one of each family with a comma between',
    accepts: isClusterCidr,
  },
  cidrs: {
    allowed: 'must be a list of CIDRs such as 192.0.2.0/24',
    accepts: isCidrList,
  },
  'cidrs-or-text': {
    allowed: 'must be a list of CIDRs such as 192.0.2.0/24, or text with commas between them',
    accepts: isCidrList,
    coerce: (text) => (text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim())),
  },
  'node-port-addresses': {
    allowed: 'must be a list of CIDRs such as 192.0.2.0/24, or the word primary alone, or all',
    accepts: isNodePortAddresses,
  },
  'status-page': {
    allowed: `must be one of ${statusPageReaders.join(', ')}`,
    accepts: oneOf(...statusPageReaders),
  },
  'take-over': {
    allowed: `must be one of ${takeOverModes.join(', ')}`,
    accepts: oneOf(...takeOverModes),
  },
  'packet-filter': {
    allowed: `must be one of auto, ${packetFilterKinds.join(', ')}`,
    accepts: oneOf('auto', ...packetFilterKinds),
  },
  'iptables-variant': {
    allowed: `must be one of auto, ${iptablesVariants.join(', ')}`,
    accepts: oneOf('auto', ...iptablesVariants),
  },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof formats;

for (const [name, format] of Object.entries<Format>(formats)) {
  const { allowed, accepts, coerce } = format;
  convict.addFormat({
    name,
    validate(value: unknown): void {
      if (!accepts(value)) {
        throw new TypeError(allowed);
      }
    },
    ...(coerce === undefined ? {} : { coerce }),
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isWhole(value: unknown, least: number, greatest: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= greatest;
}

function isDuration(value: unknown): boolean {
  return isText(value) && parseGoDuration(value) !== undefined;
}

function oneOf(...words: readonly string[]): (value: unknown) => boolean {
  return (value) => isText(value) && words.includes(value);
}

function isClusterCidr(value: unknown): boolean {
  if (!isText(value)) {
    return false;
  }
  const families = splitCidrs(value).map((entry) => Cidr.parse(entry)?.family);
  return !families.includes(undefined) && new Set(families).size === families.length;
}

/** The entries of a comma-separated list; none of an empty text. */
export function splitCidrs(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((entry) => entry.trim());
}

function isCidrList(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((entry) => isText(entry) && Cidr.parse(entry) !== undefined)
  );
}

function isNodePortAddresses(value: unknown): boolean {
  if (!Array.isArray(value)) {
    return false;
  }
  const words: readonly unknown[] = nodePortKeywords;
  const ranges = value.filter((entry) => !words.includes(entry));
  return isCidrList(ranges) && (ranges.length === 0 || !value.includes('primary'));
}
