import { formatRealServer, type VirtualServerId } from '../ipvs/model.ts';
import type { ListedVirtualServer } from '../ipvs/read-table.ts';
import { formatEndpoint } from '../net/ip-address.ts';
import type { ObservedKernel } from './observe-kernel.ts';
import { formatTable } from './text-table.ts';

type ServiceOf = (key: string) => string | undefined;

/** The kernel's table for programs. Ends with a new line. */
export function showJson(observed: ObservedKernel, serviceOf: ServiceOf): string {
  const virtualServers = sorted(observed.virtualServers).map(([key, listed]) => ({
    ...idJson(listed.id),
    scheduler: listed.settings.scheduler,
    ...(listed.settings.persistence === undefined
      ? {}
      : { options: `-p ${listed.settings.persistence.timeoutSeconds}` }),
    service: serviceOf(key) ?? null,
    owned: listed.settings.owned,
    realServers: listed.realServers.map((realServer) => ({
      address: formatRealServer(realServer),
      method: realServer.method,
      weight: realServer.weight,
      activeConnections: realServer.activeConnections,
      inactiveConnections: realServer.inactiveConnections,
    })),
  }));
  const boundAddresses = sorted(observed.boundAddresses).map(([, { address, owned }]) => ({
    address: address.hostPrefix,
    owned,
  }));
  return `${JSON.stringify({ virtualServers, boundAddresses }, undefined, 2)}\n`;
}

/** The kernel's table for people. Ends with a new line. */
export function showText(observed: ObservedKernel, serviceOf: ServiceOf): string {
  const rows = sorted(observed.virtualServers).flatMap(([key, listed]) => [
    [key, listed.settings.scheduler, serviceText(key, listed, serviceOf), '', '', ''],
    ...listed.realServers.map((realServer) => [
      `  -> ${formatRealServer(realServer)}`,
      realServer.method,
      '',
      String(realServer.weight),
      String(realServer.activeConnections),
      String(realServer.inactiveConnections),
    ]),
  ]);
  const header = ['VIRTUAL SERVER', 'SCHEDULER', 'SERVICE', 'WEIGHT', 'ACTIVE', 'INACTIVE'];
  return rows.length === 0
    ? 'The kernel holds no virtual server.\n'
    : formatTable([header, ...rows]);
}

function serviceText(key: string, listed: ListedVirtualServer, serviceOf: ServiceOf): string {
  const { persistence, owned } = listed.settings;
  const parts = [
    serviceOf(key) ?? (owned ? '(unknown)' : '(foreign)'),
    ...(persistence === undefined ? [] : [`persistent ${persistence.timeoutSeconds}s`]),
  ];
  return parts.join(', ');
}

function idJson(id: VirtualServerId) {
  return id.kind === 'address'
    ? { protocol: id.protocol, address: formatEndpoint(id.address, id.port) }
    : { fwmark: id.fwmark, family: id.family };
}

function sorted<Row>(rows: ReadonlyMap<string, Row>): [string, Row][] {
  return [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
