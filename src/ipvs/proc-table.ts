import { IpAddress } from '../net/ip-address.ts';
import type { ForwardingMethod } from './model.ts';

/** A real server as /proc/net/ip_vs shows it: no thresholds, no persistent connections. */
export interface ListedRealServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly method: ForwardingMethod;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
}

const methodOf: Readonly<Record<string, ForwardingMethod>> = {
  Masq: 'masq',
  Local: 'local',
  Tunnel: 'tunnel',
  Route: 'route',
  Bypass: 'bypass',
};

const virtualServerLine = /^(TCP|UDP|SCTP)\s+(\S+)\s/;
const realServerLine = /^\s+->\s+(\S+)\s+(\w+)\s+(-?\d+)\s+(\d+)\s+(\d+)/;

/**
 * Reads the text of /proc/net/ip_vs, part by part: the real servers of each virtual server, by the
 * key that `formatVirtualServer` gives it. Virtual servers by firewall mark are left out, and so
 * is a line that makes no sense: each costs itself alone.
 */
export class ProcTableParser {
  readonly #table = new Map<string, ListedRealServer[]>();
  #current: ListedRealServer[] | undefined;
  /** The start of a line whose end has not come yet. */
  #rest = '';

  /** Takes the next part, which may end anywhere. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    lines.forEach((line) => {
      this.#addLine(line);
    });
  }

  /** The table, once all parts were taken. */
  end(): Map<string, ListedRealServer[]> {
    this.#addLine(this.#rest);
    this.#rest = '';
    return this.#table;
  }

  #addLine(line: string): void {
    if (line.startsWith(' ')) {
      const realServer = this.#current === undefined ? undefined : parseRealServer(line);
      if (realServer !== undefined) {
        this.#current?.push(realServer);
      }
      return;
    }
    this.#current = undefined;
    const key = virtualServerKey(line);
    if (key !== undefined) {
      this.#current = [];
      this.#table.set(key, this.#current);
    }
  }
}

function virtualServerKey(line: string): string | undefined {
  const match = virtualServerLine.exec(line);
  const endpoint = parseHexEndpoint(match?.[2] ?? '');
  if (match === null || endpoint === undefined) {
    return undefined;
  }
  const { address, port } = endpoint;
  const host = address.family === 'IPv4' ? address.text : `[${address.text}]`;
  return `${match[1] ?? ''} ${host}:${port}`;
}

function parseRealServer(line: string): ListedRealServer | undefined {
  const match = realServerLine.exec(line);
  const endpoint = parseHexEndpoint(match?.[1] ?? '');
  const method = methodOf[match?.[2] ?? ''];
  if (match === null || endpoint === undefined || method === undefined) {
    return undefined;
  }
  return {
    ...endpoint,
    method,
    weight: Number(match[3]),
    activeConnections: Number(match[4]),
    inactiveConnections: Number(match[5]),
  };
}

/** `0A600A01:0050` or `[fd00:0096:0000:0000:0000:0000:0000:0030]:0050`. */
function parseHexEndpoint(text: string): { address: IpAddress; port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon);
  const port = Number.parseInt(text.slice(colon + 1), 16);
  const address = host.startsWith('[') ? IpAddress.parse(host.slice(1, -1)) : parseHexIpv4(host);
  return address === undefined || Number.isNaN(port) ? undefined : { address, port };
}

function parseHexIpv4(host: string): IpAddress | undefined {
  return /^[0-9A-Fa-f]{8}$/.test(host) ? IpAddress.fromIpv4(Number.parseInt(host, 16)) : undefined;
}
