import type { Protocol } from '../cluster/objects.ts';
import { AttributeTable } from '../netlink/attribute-table.ts';
import {
  type Attributes,
  MalformedMessageError,
  readAttributes,
  readString,
} from '../netlink/message-reader.ts';
import { addressFamilyNumber, protocolNumber } from '../netlink/protocol.ts';
import { addressLength, IpAddress, type IpFamily } from '../net/ip-address.ts';
import type {
  KernelInfo,
  ObservedRealServer,
  ObservedVirtualServer,
  Persistence,
  Statistics,
  Timeouts,
  VirtualServerHead,
  VirtualServerId,
  VirtualServerSettings,
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

/** A generic netlink header (command u8, version u8, reserved u16) comes before the attributes. */
const headerLength = 4;

/**
 * Reads a NEW_SERVICE message: the answer to GET_SERVICE. Undefined for a protocol that is not
 * ours to know: the kernel takes any, and one such must not hide the others. Raises
 * MalformedMessageError.
 */
export function readVirtualServer(payload: Buffer): ObservedVirtualServer | undefined {
  return virtualServerFrom(readAttributes(requireNested(payload, commandAttribute.service)));
}

const commandTable = new AttributeTable(commandAttribute.service);
const serviceTable = new AttributeTable(serviceAttribute.netmask);

/**
 * The same without the statistics, in a tenth of the memory: an audit reads all that there are.
 * Raises MalformedMessageError.
 */
export function readListedVirtualServer(payload: Buffer): VirtualServerHead | undefined {
  commandTable.read(payload, headerLength, payload.length);
  const start = commandTable.start(commandAttribute.service, 0);
  serviceTable.read(payload, start, commandTable.end(commandAttribute.service));
  const family = familyOf(serviceTable.u16(serviceAttribute.addressFamily));
  const id = serviceTable.has(serviceAttribute.fwmark)
    ? ({ kind: 'fwmark', family, fwmark: serviceTable.u32(serviceAttribute.fwmark) } as const)
    : addressId(payload, family);
  return id === undefined ? undefined : { id, settings: listedSettings(family) };
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

function listedSettings(family: IpFamily): VirtualServerSettings {
  const flags = serviceTable.u32(serviceAttribute.flags);
  const { timeout, netmask } = serviceAttribute;
  return settingsOf(serviceTable.text(serviceAttribute.scheduler), flags, () => ({
    timeoutSeconds: serviceTable.u32(timeout),
    prefixLength:
      family === 'IPv6' ? serviceTable.u32(netmask) : leadingOnes(serviceTable.u32be(netmask)),
  }));
}

/** Reads a NEW_DEST message: the answer to GET_DEST. Raises MalformedMessageError. */
export function readRealServer(payload: Buffer, serviceFamily: IpFamily): ObservedRealServer {
  return realServerFrom(
    readAttributes(requireNested(payload, commandAttribute.destination)),
    serviceFamily,
  );
}

/** Reads the answer to GET_CONFIG. Raises MalformedMessageError. */
export function readTimeouts(payload: Buffer): Timeouts {
  const attributes = readAttributes(payload, headerLength);
  return {
    tcpSeconds: u32(attributes, commandAttribute.timeoutTcp),
    tcpFinSeconds: u32(attributes, commandAttribute.timeoutTcpFin),
    udpSeconds: u32(attributes, commandAttribute.timeoutUdp),
  };
}

/** Reads the answer to GET_INFO. Raises MalformedMessageError. */
export function readInfo(payload: Buffer): KernelInfo {
  const attributes = readAttributes(payload, headerLength);
  const version = u32(attributes, infoAttribute.version);
  return {
    version: `${(version >> 16) & 0xff}.${(version >> 8) & 0xff}.${version & 0xff}`,
    connectionTableSize: u32(attributes, infoAttribute.connectionTableSize),
  };
}

function requireNested(payload: Buffer, type: number): Buffer {
  return required(readAttributes(payload, headerLength), type, 0);
}

function required(attributes: Attributes, type: number, length: number): Buffer {
  const value = attributes.get(type);
  if (value === undefined || value.length < length) {
    throw new MalformedMessageError(
      `an IPVS message without attribute ${type} of at least ${length} bytes`,
    );
  }
  return value;
}

function u16(attributes: Attributes, type: number): number {
  return required(attributes, type, 2).readUInt16LE(0);
}

function u16be(attributes: Attributes, type: number): number {
  return required(attributes, type, 2).readUInt16BE(0);
}

function u32(attributes: Attributes, type: number): number {
  return required(attributes, type, 4).readUInt32LE(0);
}

function optionalU32(attributes: Attributes, type: number): number {
  return attributes.has(type) ? u32(attributes, type) : 0;
}

function virtualServerFrom(attributes: Attributes): ObservedVirtualServer | undefined {
  const family = familyOf(u16(attributes, serviceAttribute.addressFamily));
  const id = idFrom(attributes, family);
  if (id === undefined) {
    return undefined;
  }
  return {
    id,
    settings: settingsFrom(attributes, family),
    statistics: statisticsFrom(attributes.get(serviceAttribute.statistics64)),
  };
}

function idFrom(attributes: Attributes, family: IpFamily): VirtualServerId | undefined {
  if (attributes.has(serviceAttribute.fwmark)) {
    return { kind: 'fwmark', family, fwmark: u32(attributes, serviceAttribute.fwmark) };
  }
  const protocol = protocolOf(u16(attributes, serviceAttribute.protocol));
  if (protocol === undefined) {
    return undefined;
  }
  return {
    kind: 'address',
    protocol,
    address: addressFrom(attributes, serviceAttribute.address, family),
    port: u16be(attributes, serviceAttribute.port),
  };
}

function settingsFrom(attributes: Attributes, family: IpFamily): VirtualServerSettings {
  const flags = required(attributes, serviceAttribute.flags, 8).readUInt32LE(0);
  const scheduler = readString(required(attributes, serviceAttribute.scheduler, 1));
  return settingsOf(scheduler, flags, () => persistenceFrom(attributes, family));
}

function settingsOf(
  scheduler: string,
  flags: number,
  persistence: () => Persistence,
): VirtualServerSettings {
  return {
    scheduler,
    persistence: (flags & serviceFlag.persistent) === 0 ? undefined : persistence(),
    onePacket: (flags & serviceFlag.onePacket) !== 0,
    schedulerFlags: (flags & serviceFlag.schedulerMask) >> serviceFlag.schedulerShift,
    owned: (flags & serviceFlag.owned) !== 0,
  };
}

function persistenceFrom(attributes: Attributes, family: IpFamily): Persistence {
  const netmask = required(attributes, serviceAttribute.netmask, 4);
  return {
    timeoutSeconds: u32(attributes, serviceAttribute.timeout),
    prefixLength:
      family === 'IPv6' ? netmask.readUInt32LE(0) : leadingOnes(netmask.readUInt32BE(0)),
  };
}

function leadingOnes(mask: number): number {
  return Math.clz32(~mask);
}

function realServerFrom(attributes: Attributes, serviceFamily: IpFamily): ObservedRealServer {
  // Kernels before 3.18 do not say; there a real server has its virtual server's family.
  const family = attributes.has(destinationAttribute.addressFamily)
    ? familyOf(u16(attributes, destinationAttribute.addressFamily))
    : serviceFamily;
  const method =
    forwardingMethods[
      u32(attributes, destinationAttribute.forwardingMethod) & forwardingMethodMask
    ];
  if (method === undefined) {
    throw new MalformedMessageError('a real server with an unknown forwarding method');
  }
  return {
    realServer: {
      address: addressFrom(attributes, destinationAttribute.address, family),
      port: u16be(attributes, destinationAttribute.port),
      method,
      weight: u32(attributes, destinationAttribute.weight),
      upperThreshold: u32(attributes, destinationAttribute.upperThreshold),
      lowerThreshold: u32(attributes, destinationAttribute.lowerThreshold),
    },
    connections: {
      active: optionalU32(attributes, destinationAttribute.activeConnections),
      inactive: optionalU32(attributes, destinationAttribute.inactiveConnections),
      persistent: optionalU32(attributes, destinationAttribute.persistentConnections),
    },
    statistics: statisticsFrom(attributes.get(destinationAttribute.statistics64)),
  };
}

/** All zero for kernels before 4.1, which have no 64-bit statistics. */
function statisticsFrom(buffer: Buffer | undefined): Statistics {
  const attributes = buffer === undefined ? new Map<number, Buffer>() : readAttributes(buffer);
  const count = (type: number): number =>
    attributes.has(type) ? Number(required(attributes, type, 8).readBigUInt64LE(0)) : 0;
  return {
    connections: count(statisticsAttribute.connections),
    packetsIn: count(statisticsAttribute.packetsIn),
    packetsOut: count(statisticsAttribute.packetsOut),
    bytesIn: count(statisticsAttribute.bytesIn),
    bytesOut: count(statisticsAttribute.bytesOut),
  };
}

function addressFrom(attributes: Attributes, type: number, family: IpFamily): IpAddress {
  return IpAddress.fromBytes(family, required(attributes, type, family === 'IPv4' ? 4 : 16));
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

function protocolOf(number: number): Protocol | undefined {
  switch (number) {
    case protocolNumber.TCP:
      return 'TCP';
    case protocolNumber.UDP:
      return 'UDP';
    case protocolNumber.SCTP:
      return 'SCTP';
    default:
      return undefined;
  }
}
