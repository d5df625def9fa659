import { formatEndpoint, type IpAddress } from '../net/ip-address.ts';
import type { Protocol } from '../cluster/objects.ts';
import type { ForwardingMethod } from '../ipvs/model.ts';
import { virtualServerKey, type RealServer, type VirtualServer } from '../translate/desired.ts';

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
}

/** Sorts and formats rows of the desired state; an address that is given twice counts once. */
export function toGoldenShape(
  virtualServers: Iterable<VirtualServer>,
  boundAddresses: Iterable<IpAddress>,
): GoldenShape {
  return {
    virtualServers: [...virtualServers]
      .toSorted((a, b) => compareText(virtualServerKey(a), virtualServerKey(b)))
      .map(toGoldenVirtualServer),
    boundAddresses: [
      ...new Set(Array.from(boundAddresses, ({ hostPrefix }) => hostPrefix)),
    ].toSorted(compareText),
  };
}

function toGoldenVirtualServer(virtualServer: VirtualServer): GoldenVirtualServer {
  const { protocol, address, port, scheduler, realServers } = virtualServer;
  const options = ipvsadmOptions(virtualServer);
  return {
    protocol,
    address: formatEndpoint(address, port),
    scheduler,
    ...(options === '' ? {} : { options }),
    realServers: Array.from(realServers.values(), toGoldenRealServer).toSorted((a, b) =>
      compareText(a.address, b.address),
    ),
  };
}

/** The options as `ipvsadm -Sn` prints them; empty where there are none. */
export function ipvsadmOptions({
  persistenceSeconds,
  schedulerFlags,
}: Pick<VirtualServer, 'persistenceSeconds' | 'schedulerFlags'>): string {
  return [
    ...(persistenceSeconds === undefined ? [] : [`-p ${persistenceSeconds}`]),
    ...(schedulerFlags.names.length === 0 ? [] : [`-b ${schedulerFlags.names.join(',')}`]),
  ].join(' ');
}

function toGoldenRealServer({ address, port, method, weight }: RealServer): GoldenRealServer {
  return { address: formatEndpoint(address, port), method, weight };
}

/** The order of code units: the same everywhere, whatever the locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
