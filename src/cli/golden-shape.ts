import { formatEndpoint, type IpAddress } from '../net/ip-address.ts';
import type { Protocol } from '../net/protocol.ts';
import {
  formatVirtualServer,
  type ForwardingMethod,
  type RealServer,
  type VirtualServer,
  type VirtualServerSettings,
} from '../kernel/ipvs/model.ts';
import { schedulerFlagNames } from '../kernel/ipvs/schedulers.ts';

/** Desired state as plain data, in the form and order of the golden cases. */
export interface GoldenShape {
  /** By protocol, then address with port, both as text. */
  readonly virtualServers: readonly GoldenVirtualServer[];
  /** With the prefix length of a host, by text. */
  readonly boundAddresses: readonly string[];
}

export interface GoldenVirtualServer {
  readonly protocol: Protocol;
  /** `10.96.0.1:80`, `[fd00::1]:80`. */
  readonly address: string;
  readonly scheduler: string;
  /** ipvsadm's options, as `-p SECONDS`; absent where there are none. */
  readonly options?: string;
  readonly realServers: readonly GoldenRealServer[];
}

export interface GoldenRealServer {
  readonly address: string;
  readonly method: ForwardingMethod;
  readonly weight: number;
  /** As in `RealServer`; absent where connections are not limited. */
  readonly upperThreshold?: number;
  readonly lowerThreshold?: number;
}

/** Sorts and formats rows of the desired state; an address that is given twice counts once. */
export function toGoldenShape(
  virtualServers: Iterable<VirtualServer>,
  boundAddresses: Iterable<IpAddress>,
): GoldenShape {
  return {
    virtualServers: [...virtualServers]
      .toSorted((a, b) => compareText(formatVirtualServer(a.id), formatVirtualServer(b.id)))
      .flatMap(toGoldenVirtualServer),
    boundAddresses: [
      ...new Set(Array.from(boundAddresses, ({ hostPrefix }) => hostPrefix)),
    ].toSorted(compareText),
  };
}

/** Those for packet marks, of which the golden cases have none, are left out. */
function toGoldenVirtualServer({
  id,
  settings,
  realServers,
}: VirtualServer): readonly GoldenVirtualServer[] {
  if (id.kind !== 'address') {
    return [];
  }
  const options = ipvsadmOptions(settings);
  return [
    {
      protocol: id.protocol,
      address: formatEndpoint(id.address, id.port),
      scheduler: settings.scheduler,
      ...(options === '' ? {} : { options }),
      realServers: Array.from(realServers.values(), toGoldenRealServer).toSorted((a, b) =>
        compareText(a.address, b.address),
      ),
    },
  ];
}

/** The options as `ipvsadm -Sn` prints them; empty where there are none. */
export function ipvsadmOptions({
  scheduler,
  schedulerFlags,
  persistence,
  onePacket,
}: VirtualServerSettings): string {
  const flags = schedulerFlagNames(scheduler, schedulerFlags);
  return [
    ...(persistence === undefined ? [] : [`-p ${persistence.timeoutSeconds}`]),
    ...(onePacket ? ['-o'] : []),
    ...(flags.length === 0 ? [] : [`-b ${flags.join(',')}`]),
  ].join(' ');
}

function toGoldenRealServer({
  address,
  port,
  method,
  weight,
  upperThreshold,
  lowerThreshold,
}: RealServer): GoldenRealServer {
  return {
    address: formatEndpoint(address, port),
    method,
    weight,
    ...(upperThreshold === 0 ? {} : { upperThreshold, lowerThreshold }),
  };
}

/** The order of code units: the same everywhere, whatever the locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
