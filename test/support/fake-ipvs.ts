import { IpvsError } from '../../src/ipvs/ipvs-error.ts';
import {
  formatRealServer,
  formatVirtualServer,
  type ObservedRealServer,
  type ObservedVirtualServer,
  type Operation,
  type RealServer,
  type VirtualServerHead,
  type VirtualServerId,
  type VirtualServerSettings,
} from '../../src/ipvs/model.ts';
import { listedFrom } from '../../src/ipvs/listed-real-servers.ts';
import { readRealServers, type visitTable } from '../../src/ipvs/read-table.ts';
import { NetlinkError } from '../../src/netlink/netlink-error.ts';
import type { VirtualServerClient } from '../../src/reconcile/virtual-server-kind.ts';

interface Row {
  readonly id: VirtualServerId;
  settings: VirtualServerSettings;
  readonly realServers: Map<string, RealServer>;
}

const noStatistics = { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };

/**
 * IPVS in memory behind the interface of its client, with connections that a test gives and
 * takes. The errnos are those of net/netfilter/ipvs/ip_vs_ctl.c.
 */
export class FakeIpvs implements VirtualServerClient {
  readonly rows = new Map<string, Row>();
  /** Schedulers that it lacks. */
  readonly missingSchedulers = new Set<string>();
  /** Every operation that it took. */
  readonly log: Operation[] = [];
  /** Every question about one virtual server. */
  readonly questions: string[] = [];
  /** Active connections of each real server that was given none of its own. */
  connectionsEach = 0;
  /** Inactive connections of each real server. */
  inactiveEach = 0;
  /** Active connections, by `connectionKey`. */
  readonly #connections = new Map<string, number>();

  /** Gives a real server so many connections; it keeps them until it is told otherwise. */
  setConnections(virtualServer: string, realServer: string, count: number): void {
    this.#connections.set(connectionKey(virtualServer, realServer), count);
  }

  /** All connections are over. */
  endConnections(): void {
    this.#connections.clear();
  }

  /** `10.244.1.1:8080 1`: each real server with its weight. */
  weights(virtualServer: string): string[] {
    return Array.from(
      this.rows.get(virtualServer)?.realServers ?? [],
      ([key, { weight }]) => `${key} ${weight}`,
    );
  }

  async execute(operations: readonly Operation[]): Promise<(IpvsError | undefined)[]> {
    return operations.map((operation) => {
      const code = this.#refusal(operation);
      if (code !== undefined) {
        return new IpvsError(operation, new NetlinkError(code, 'refused'));
      }
      this.log.push(operation);
      this.#apply(operation);
      return undefined;
    });
  }

  eachVirtualServer(begin: () => (head: VirtualServerHead) => void): Promise<void> {
    const visit = begin();
    for (const { id, settings } of this.rows.values()) {
      visit({ id, settings });
    }
    return Promise.resolve();
  }

  async virtualServer(id: VirtualServerId): Promise<ObservedVirtualServer | undefined> {
    const key = formatVirtualServer(id);
    this.questions.push(key);
    const row = this.rows.get(key);
    return row && { id: row.id, settings: row.settings, statistics: noStatistics };
  }

  async realServers(id: VirtualServerId): Promise<ObservedRealServer[]> {
    const key = formatVirtualServer(id);
    this.questions.push(`real servers of ${key}`);
    return Array.from(this.rows.get(key)?.realServers ?? [], ([realServerKey, realServer]) => ({
      realServer,
      connections: {
        active: this.#connections.get(connectionKey(key, realServerKey)) ?? this.connectionsEach,
        inactive: this.inactiveEach,
        persistent: 0,
      },
      statistics: noStatistics,
    }));
  }

  /** In the place of `visitTable`, which reads /proc. */
  readonly visitTable: typeof visitTable = async (client, visitor) => {
    await client.eachVirtualServer(() => {
      visitor.begin();
      return (head) => {
        visitor.virtualServer(head);
      };
    });
    for (const [key, { id }] of this.rows) {
      visitor.realServers(listedFrom(key, await readRealServers(this, id)));
    }
  };

  #refusal(operation: Operation): string | undefined {
    const row = this.rows.get(formatVirtualServer(operation.id));
    if (operation.kind === 'add virtual server' && row !== undefined) {
      return 'EEXIST';
    }
    if (operation.kind !== 'add virtual server' && row === undefined) {
      return 'ESRCH';
    }
    if ('settings' in operation) {
      return this.missingSchedulers.has(operation.settings.scheduler) ? 'ENOENT' : undefined;
    }
    return 'realServer' in operation ? realServerRefusal(row, operation) : undefined;
  }

  #apply(operation: Operation): void {
    const key = formatVirtualServer(operation.id);
    const row = this.rows.get(key);
    switch (operation.kind) {
      case 'add virtual server': {
        const { id, settings, realServers } = operation;
        this.rows.set(key, { id, settings, realServers: new Map(realServers) });
        break;
      }
      case 'change virtual server':
        if (row !== undefined) {
          row.settings = operation.settings;
        }
        break;
      case 'delete virtual server':
        this.rows.delete(key);
        break;
      case 'add real server':
      case 'change real server':
        row?.realServers.set(formatRealServer(operation.realServer), operation.realServer);
        break;
      case 'delete real server':
        row?.realServers.delete(formatRealServer(operation.realServer));
        break;
    }
  }
}

function connectionKey(virtualServer: string, realServer: string): string {
  return `${virtualServer} ${realServer}`;
}

function realServerRefusal(
  row: Row | undefined,
  { kind, realServer }: Extract<Operation, { readonly realServer: unknown }>,
): string | undefined {
  const isPresent = row?.realServers.has(formatRealServer(realServer)) === true;
  if (kind === 'add real server') {
    return isPresent ? 'EEXIST' : undefined;
  }
  return isPresent ? undefined : 'ENOENT';
}
