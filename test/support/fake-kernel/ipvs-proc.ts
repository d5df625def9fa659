import type { TableText } from '../../../src/kernel/ipvs/read-table.ts';
import { addressText, protocolName, type FamilyNumber } from './ip.ts';
import type { Connections, RealServer, VirtualServer } from './ipvs-messages.ts';
import type { FakeIpvs } from './ipvs.ts';

/** The text of /proc/net/ip_vs, as `ip_vs_info_seq_show` prints it. */
function procText({ virtualServers, connectionsEach }: FakeIpvs): string {
  return [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
    ...[...virtualServers.values()].flatMap((row) => [
      virtualServerLine(row),
      ...[...row.realServers.values()]
        .reverse()
        .map((realServer) => realServerLine(realServer, connectionsEach)),
    ]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** It is read a part at a time, as it is when it is opened. */
export function openProcText(ipvs: FakeIpvs): TableText {
  const content = Buffer.from(procText(ipvs));
  let at = 0;
  return {
    read(buffer) {
      const length = content.copy(buffer, 0, at, at + 4096);
      at += length;
      return length;
    },
    close: () => undefined,
  };
}

function virtualServerLine({ identity, settings }: VirtualServer): string {
  const { family, protocol, address, port, fwmark } = identity;
  const { scheduler, flags, timeoutSeconds, netmask } = settings;
  const onePacket = (flags & 0x4) === 0 ? '' : 'ops ';
  const persistent =
    (flags & 0x1) === 0
      ? ''
      : `persistent ${timeoutSeconds * 100} ${hex(netmask.readUInt32BE(), 8)}`;
  if (fwmark !== 0) {
    return `FWM  ${hex(fwmark, 8)} ${scheduler} ${onePacket}${persistent}`;
  }
  // The kernel says of IPv4 alone that each packet counts for itself, with one more blank.
  const more = family === 2 ? `${onePacket} ` : '';
  const place = hexEndpoint(family, address, port);
  return `${protocolName(protocol)}  ${place} ${scheduler} ${more}${persistent}`;
}

function realServerLine(realServer: RealServer, each: Connections): string {
  const { family, address, port, method, weight, connections = each } = realServer;
  const forward = ['Masq', 'Local', 'Tunnel', 'Route'][method] ?? '';
  const numbers = [
    String(weight).padEnd(6),
    String(connections.active).padEnd(10),
    String(connections.inactive).padEnd(10),
  ];
  return `  -> ${hexEndpoint(family, address, port)}      ${forward.padEnd(7)} ${numbers.join(' ')}`;
}

/** IPv6 in full, with all its zeros (%pI6). */
function hexEndpoint(family: FamilyNumber, address: Buffer, port: number): string {
  const place =
    family === 2
      ? hex(address.readUInt32BE(), 8)
      : `[${(address.toString('hex').match(/.{4}/g) ?? [addressText(family, address)]).join(':')}]`;
  return `${place}:${hex(port, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
