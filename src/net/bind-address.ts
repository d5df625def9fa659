import { IpAddress } from './ip-address.ts';

/** Where a server listens. */
export interface BindAddress {
  /** An IP address, IPv6 without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Where a server of this machine can be asked: one that listens at all addresses, over loopback. */
export function reachableAddress({ host, port }: BindAddress): BindAddress {
  switch (host) {
    case '0.0.0.0':
      return { host: '127.0.0.1', port };
    case '::':
      return { host: '::1', port };
    default:
      return { host, port };
  }
}

/** What a text says about where to listen; `off` is port 0. */
export type BindChoice = BindAddress | 'off';

/**
 * Reads `IP:port`, `[IPv6]:port` or an IP alone, which has the default port (as kube-proxy's
 * AppendPortIfNeeded). Undefined for anything else, a host name included.
 */
export function parseBindAddress(text: string, defaultPort: number): BindChoice | undefined {
  const parts = /^(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text)?.groups;
  if (parts === undefined) {
    const alone = IpAddress.parse(text);
    return alone === undefined ? undefined : { host: alone.text, port: defaultPort };
  }
  const address = IpAddress.parse(parts['ipv6'] ?? parts['ipv4'] ?? '');
  const port = Number(parts['port']);
  if (address === undefined || port > 65_535) {
    return undefined;
  }
  return port === 0 ? 'off' : { host: address.text, port };
}
