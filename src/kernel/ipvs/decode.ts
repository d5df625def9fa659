import { AttributeTable } from '../netlink/attribute-table.ts';
import { MalformedMessageError } from '../netlink/message-reader.ts';
import { addressFamilyNumber, protocolOf } from '../netlink/protocol.ts';
import { addressLength, IpAddress, type IpFamily } from '../../net/ip-address.ts';
import {
  virtualServerFamily,
  type KernelInfo,
  type CountedRealServer,
  type CountedVirtualServer,
  type Persistence,
  type Statistics,
  type Timeouts,
  type VirtualServerCounts,
  type VirtualServerHead,
  type VirtualServerId,
  type VirtualServerSettings,
} from './model.ts';
import {
  commandAttribute,
  destinationAttribute,
  forwardingMethodMask,
  forwardingMethods,
  infoAttribute,
  serviceAttribute,
  serviceFlag,
  statisticsAttribute,
} from './protocol.ts';
import { switchesOfFlags } from './setting-flags.ts';

/** A generic netlink header (command u8, version u8, reserved u16) comes before the attributes. */
const headerLength = 4;

const commandTable = new AttributeTable(commandAttribute.timeoutUdp);
const serviceTable = new AttributeTable(serviceAttribute.statistics64);
const destinationTable = new AttributeTable(destinationAttribute.statistics64);
const infoTable = new AttributeTable(infoAttribute.connectionTableSize);
const statisticsTable = new AttributeTable(statisticsAttribute.bytesOut);

/**
 * Reads a NEW_SERVICE message: the answer to GET_SERVICE. Undefined for a protocol that is not
 * ours to know: the kernel takes any, and one such must not hide the others. Throws
 * MalformedMessageError.
 */
export function readVirtualServer(payload: Buffer): CountedVirtualServer | undefined {
  const head = readVirtualServerHead(payload);
  return (
    head && {
      ...head,
      statistics: statisticsOf(payload, serviceTable, serviceAttribute.statistics64),
    }
  );
}

/** The same without the statistics. Throws MalformedMessageError. */
export function readVirtualServerHead(payload: Buffer): VirtualServerHead | undefined {
  const id = readVirtualServerId(payload);
  return id === undefined ? undefined : { id, settings: settingsOf(virtualServerFamily(id)) };
}

/** The same without the settings. Throws MalformedMessageError. */
export function readVirtualServerCounts(payload: Buffer): VirtualServerCounts | undefined {
  const id = readVirtualServerId(payload);
  return (
    id && { id, statistics: statisticsOf(payload, serviceTable, serviceAttribute.statistics64) }
  );
}

function readVirtualServerId(payload: Buffer): VirtualServerId | undefined {
  readNested(payload, commandAttribute.service, serviceTable);
  const family = familyOf(serviceTable.u16(serviceAttribute.addressFamily));
  return serviceTable.has(serviceAttribute.fwmark)
    ? { kind: 'fwmark', family, fwmark: serviceTable.u32(serviceAttribute.fwmark) }
    : addressId(payload, family);
}

function addressId(payload: Buffer, family: IpFamily): VirtualServerId | undefined {
  const protocol = protocolOf(serviceTable.u16(serviceAttribute.protocol));
  if (protocol === undefined) {
    return undefined;
  }
  const start = serviceTable.start(serviceAttribute.address, addressLength(family));
  return {
    kind: 'address',
    protocol,
    address: IpAddress.fromBytes(family, payload, start),
    port: serviceTable.u16be(serviceAttribute.port),
  };
}

function settingsOf(family: IpFamily): VirtualServerSettings {
  const flags = serviceTable.u32(serviceAttribute.flags);
  return {
    scheduler: serviceTable.text(serviceAttribute.scheduler),
    persistence: (flags & serviceFlag.persistent) === 0 ? undefined : persistenceOf(family),
    schedulerFlags: (flags & serviceFlag.schedulerMask) >> serviceFlag.schedulerShift,
    ...switchesOfFlags(flags),
  };
}

function persistenceOf(family: IpFamily): Persistence {
  const { timeout, netmask } = serviceAttribute;
  return {
    timeoutSeconds: serviceTable.u32(timeout),
    prefixLength:
      family === 'IPv6' ? serviceTable.u32(netmask) : leadingOnes(serviceTable.u32be(netmask)),
  };
}

/** Reads a NEW_DEST message: the answer to GET_DEST. Throws MalformedMessageError. */
export function readRealServer(payload: Buffer, serviceFamily: IpFamily): CountedRealServer {
  const table = destinationTable;
  readNested(payload, commandAttribute.destination, table);
  // Kernels before 3.18 do not say; there a real server has its virtual server's family.
  const family = table.has(destinationAttribute.addressFamily)
    ? familyOf(table.u16(destinationAttribute.addressFamily))
    : serviceFamily;
  const method =
    forwardingMethods[table.u32(destinationAttribute.forwardingMethod) & forwardingMethodMask];
  if (method === undefined) {
    throw new MalformedMessageError('a real server with an unknown forwarding method');
  }
  const start = table.start(destinationAttribute.address, addressLength(family));
  return {
    realServer: {
      address: IpAddress.fromBytes(family, payload, start),
      port: table.u16be(destinationAttribute.port),
      method,
      weight: table.u32(destinationAttribute.weight),
      upperThreshold: table.u32(destinationAttribute.upperThreshold),
      lowerThreshold: table.u32(destinationAttribute.lowerThreshold),
    },
    connections: {
      active: optionalU32(table, destinationAttribute.activeConnections),
      inactive: optionalU32(table, destinationAttribute.inactiveConnections),
      persistent: optionalU32(table, destinationAttribute.persistentConnections),
    },
    statistics: statisticsOf(payload, table, destinationAttribute.statistics64),
  };
}

/** Reads the answer to GET_CONFIG. Throws MalformedMessageError. */
export function readTimeouts(payload: Buffer): Timeouts {
  commandTable.read(payload, headerLength, payload.length);
  return {
    tcpSeconds: commandTable.u32(commandAttribute.timeoutTcp),
    tcpFinSeconds: commandTable.u32(commandAttribute.timeoutTcpFin),
    udpSeconds: commandTable.u32(commandAttribute.timeoutUdp),
  };
}

/** Reads the answer to GET_INFO. Throws MalformedMessageError. */
export function readInfo(payload: Buffer): KernelInfo {
  infoTable.read(payload, headerLength, payload.length);
  const version = infoTable.u32(infoAttribute.version);
  return {
    version: `${(version >> 16) & 0xff}.${(version >> 8) & 0xff}.${version & 0xff}`,
    connectionTableSize: infoTable.u32(infoAttribute.connectionTableSize),
  };
}

/** Takes the attributes within one of the command's. */
function readNested(payload: Buffer, type: number, into: AttributeTable): void {
  commandTable.read(payload, headerLength, payload.length);
  into.read(payload, commandTable.start(type, 0), commandTable.end(type));
}

function optionalU32(table: AttributeTable, type: number): number {
  return table.has(type) ? table.u32(type) : 0;
}

function leadingOnes(mask: number): number {
  return Math.clz32(~mask);
}

/** All zero for kernels before 4.1, which have no 64-bit statistics. */
function statisticsOf(payload: Buffer, table: AttributeTable, type: number): Statistics {
  if (table.has(type)) {
    statisticsTable.read(payload, table.start(type, 0), table.end(type));
  } else {
    statisticsTable.read(payload, 0, 0);
  }
  const count = (counter: number): number =>
    statisticsTable.has(counter) ? statisticsTable.u64(counter) : 0;
  return {
    connections: count(statisticsAttribute.connections),
    packetsIn: count(statisticsAttribute.packetsIn),
    packetsOut: count(statisticsAttribute.packetsOut),
    bytesIn: count(statisticsAttribute.bytesIn),
    bytesOut: count(statisticsAttribute.bytesOut),
  };
}

function familyOf(number: number): IpFamily {
  switch (number) {
    case addressFamilyNumber.IPv4:
      return 'IPv4';
    case addressFamilyNumber.IPv6:
      return 'IPv6';
    default:
      throw new MalformedMessageError(`an address of the unknown family ${number}`);
  }
}
