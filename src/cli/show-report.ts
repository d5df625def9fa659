import {
  formatRealServer,
  formatVirtualServer,
  type VirtualServerId,
} from '../kernel/ipvs/model.ts';
import type { ListedVirtualServer } from '../kernel/ipvs/read-table.ts';
import { formatEndpoint } from '../net/ip-address.ts';
import { foreignAtVipAdvice } from '../desired/foreign-at-vips.ts';
import type { ObservedKernel } from './observe-kernel.ts';
import type { DesiredRows } from './plan.ts';
import { formatTable } from './text-table.ts';

/** Which Service holds a virtual server, by its key, and which one holds a VIP. */
export type ServiceNames = Pick<DesiredRows, 'serviceOf' | 'serviceAt'>;

/** The kernel's table for programs. Ends with a new line. */
export function showJson(observed: ObservedKernel, services: ServiceNames): string {
  const virtualServers = sorted(observed.virtualServers).map(([key, listed]) => ({
    ...idJson(listed.id),
    scheduler: listed.settings.scheduler,
    ...(listed.settings.persistence === undefined
      ? {}
      : { options: `-p ${listed.settings.persistence.timeoutSeconds}` }),
    service: services.serviceOf(key) ?? null,
    owned: listed.settings.owned,
    ...refusedJson(listed, observed, services),
    realServers: listed.realServers.map(
      ({ realServer, activeConnections, inactiveConnections }) => ({
        address: formatRealServer(realServer),
        method: realServer.method,
        weight: realServer.weight,
        activeConnections,
        inactiveConnections,
      }),
    ),
  }));
  const boundAddresses = sorted(observed.boundAddresses).map(([, { address, owned }]) => ({
    address: address.hostPrefix,
    owned,
  }));
  return `${JSON.stringify({ virtualServers, boundAddresses }, undefined, 2)}\n`;
}

/** The kernel's table for people. Ends with a new line. */
export function showText(observed: ObservedKernel, services: ServiceNames): string {
  const rows = sorted(observed.virtualServers).flatMap(([key, listed]) => [
    [key, listed.settings.scheduler, serviceText(key, listed, observed, services), '', '', ''],
    ...listed.realServers.map(({ realServer, activeConnections, inactiveConnections }) => [
      `  -> ${formatRealServer(realServer)}`,
      realServer.method,
      '',
      String(realServer.weight),
      String(activeConnections),
      String(inactiveConnections),
    ]),
  ]);
  const header = ['VIRTUAL SERVER', 'SCHEDULER', 'SERVICE', 'WEIGHT', 'ACTIVE', 'INACTIVE'];
  if (rows.length === 0) {
    return 'The kernel holds no virtual server.\n';
  }
  const hasRefused = rows.some(([, , text]) => text?.includes(refusedWord));
  const note = `\n(foreign, ${refusedWord}): a VIP answers on the ports of its Service alone; ${foreignAtVipAdvice}.\n`;
  return `${formatTable([header, ...rows])}${hasRefused ? note : ''}`;
}

const refusedWord = 'refused';

/** The VIP of a Service, or bound by us, at which a virtual server of others stands: our rules refuse it. */
function vipUnder(
  { id, settings }: ListedVirtualServer,
  observed: ObservedKernel,
  { serviceAt }: ServiceNames,
): { readonly service: string | undefined } | undefined {
  if (id.kind !== 'address' || settings.owned) {
    return undefined;
  }
  const service = serviceAt(id.address.text);
  const isOurs = observed.boundAddresses.get(id.address.text)?.owned === true;
  return service !== undefined || isOurs ? { service } : undefined;
}

function refusedJson(
  listed: ListedVirtualServer,
  observed: ObservedKernel,
  services: ServiceNames,
): { readonly refusedAtVipOf?: string | null } {
  const vip = isClaimed(listed, services) ? undefined : vipUnder(listed, observed, services);
  return vip === undefined ? {} : { refusedAtVipOf: vip.service ?? null };
}

/** One that a Service claims is about to be taken over. */
function isClaimed({ id }: ListedVirtualServer, { serviceOf }: ServiceNames): boolean {
  return serviceOf(formatVirtualServer(id)) !== undefined;
}

function serviceText(
  key: string,
  listed: ListedVirtualServer,
  observed: ObservedKernel,
  services: ServiceNames,
): string {
  const { persistence, owned } = listed.settings;
  const vip = vipUnder(listed, observed, services);
  const foreign =
    vip === undefined
      ? '(foreign)'
      : `(foreign, ${refusedWord}) at a VIP of ${vip.service ?? 'kube-ipvs'}`;
  const parts = [
    services.serviceOf(key) ?? (owned ? '(unknown)' : foreign),
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
