import type { MessageWriter } from '../netlink/message-writer.ts';
import { addressFamilyNumber, messageFlag, protocolNumber } from '../netlink/protocol.ts';
import { hostPrefixLength, type IpFamily } from '../../net/ip-address.ts';
import {
  virtualServerFamily,
  type Operation,
  type RealServer,
  type RealServerId,
  type Timeouts,
  type VirtualServerId,
  type VirtualServerSettings,
} from './model.ts';
import {
  addressAttributeLength,
  allFlags,
  command,
  commandAttribute,
  destinationAttribute,
  familyVersion,
  forwardingMethods,
  serviceAttribute,
  serviceFlag,
} from './protocol.ts';
import { flagsOfSwitches } from './setting-flags.ts';

const commandOf = {
  'add virtual server': command.newService,
  'change virtual server': command.setService,
  'delete virtual server': command.deleteService,
  'add real server': command.newDestination,
  'change real server': command.setDestination,
  'delete real server': command.deleteDestination,
} as const satisfies Record<Operation['kind'], number>;

/** Writes the message of one change; `family` is the number that the kernel gave "IPVS". */
export function writeOperation(
  writer: MessageWriter,
  family: number,
  sequence: number,
  operation: Operation,
): void {
  beginMessage(writer, family, commandOf[operation.kind], messageFlag.request, sequence);
  switch (operation.kind) {
    case 'add virtual server':
    case 'change virtual server':
      writeVirtualServer(writer, operation.id, operation.settings);
      break;
    case 'delete virtual server':
      writeVirtualServer(writer, operation.id, undefined);
      break;
    case 'add real server':
    case 'change real server':
      writeVirtualServer(writer, operation.id, undefined);
      writeRealServer(writer, operation.realServer, operation.realServer);
      break;
    case 'delete real server':
      writeVirtualServer(writer, operation.id, undefined);
      writeRealServer(writer, operation.realServer, undefined);
      break;
  }
  writer.endMessage();
}

/** Asks for all virtual servers (a dump), or for one. */
export function writeGetVirtualServer(
  writer: MessageWriter,
  family: number,
  sequence: number,
  id: VirtualServerId | 'all',
): void {
  const flags = id === 'all' ? messageFlag.request | messageFlag.dump : messageFlag.request;
  beginMessage(writer, family, command.getService, flags, sequence);
  if (id !== 'all') {
    writeVirtualServer(writer, id, undefined);
  }
  writer.endMessage();
}

/** Asks for all real servers of one virtual server (a dump). */
export function writeGetRealServers(
  writer: MessageWriter,
  family: number,
  sequence: number,
  id: VirtualServerId,
): void {
  const flags = messageFlag.request | messageFlag.dump;
  beginMessage(writer, family, command.getDestination, flags, sequence);
  writeVirtualServer(writer, id, undefined);
  writer.endMessage();
}

/** Sets the connection timeouts. */
export function writeSetTimeouts(
  writer: MessageWriter,
  family: number,
  sequence: number,
  timeouts: Timeouts,
): void {
  beginMessage(writer, family, command.setConfig, messageFlag.request, sequence);
  writer.attributeU32(commandAttribute.timeoutTcp, timeouts.tcpSeconds);
  writer.attributeU32(commandAttribute.timeoutTcpFin, timeouts.tcpFinSeconds);
  writer.attributeU32(commandAttribute.timeoutUdp, timeouts.udpSeconds);
  writer.endMessage();
}

/** GET_CONFIG and GET_INFO, which take nothing, and ZERO and FLUSH for everything. */
export function writeBareCommand(
  writer: MessageWriter,
  family: number,
  sequence: number,
  name: 'getConfig' | 'getInfo' | 'zero' | 'flush',
): void {
  beginMessage(writer, family, command[name], messageFlag.request, sequence);
  writer.endMessage();
}

/** Sets the statistics of one virtual server and its real servers to zero. */
export function writeZeroVirtualServer(
  writer: MessageWriter,
  family: number,
  sequence: number,
  id: VirtualServerId,
): void {
  beginMessage(writer, family, command.zero, messageFlag.request, sequence);
  writeVirtualServer(writer, id, undefined);
  writer.endMessage();
}

function beginMessage(
  writer: MessageWriter,
  family: number,
  commandNumber: number,
  flags: number,
  sequence: number,
): void {
  writer.beginMessage(family, flags, sequence);
  writer.u8(commandNumber);
  writer.u8(familyVersion);
  writer.u16(0);
}

/** Without settings it only names the virtual server. */
function writeVirtualServer(
  writer: MessageWriter,
  id: VirtualServerId,
  settings: VirtualServerSettings | undefined,
): void {
  const family = virtualServerFamily(id);
  writer.beginNested(commandAttribute.service);
  writer.attributeU16(serviceAttribute.addressFamily, addressFamilyNumber[family]);
  if (id.kind === 'address') {
    writer.attributeU16(serviceAttribute.protocol, protocolNumber[id.protocol]);
    writer.attributeAddress(serviceAttribute.address, id.address, addressAttributeLength);
    writer.attributeU16be(serviceAttribute.port, id.port);
  } else {
    writer.attributeU32(serviceAttribute.fwmark, id.fwmark);
  }
  if (settings !== undefined) {
    writer.attributeString(serviceAttribute.scheduler, settings.scheduler);
    writer.attributeU32Pair(serviceAttribute.flags, flagsOf(settings), allFlags);
    writer.attributeU32(serviceAttribute.timeout, settings.persistence?.timeoutSeconds ?? 0);
    writeNetmask(writer, family, settings.persistence?.prefixLength ?? hostPrefixLength(family));
  }
  writer.endNested();
}

/** IPv4 takes the mask itself, in network order; IPv6 the length of the prefix. */
function writeNetmask(writer: MessageWriter, family: IpFamily, prefixLength: number): void {
  if (family === 'IPv6') {
    writer.attributeU32(serviceAttribute.netmask, prefixLength);
  } else {
    // A shift by 32 is none at all in JavaScript.
    const mask = prefixLength === 0 ? 0 : (allFlags << (32 - prefixLength)) >>> 0;
    writer.attributeU32be(serviceAttribute.netmask, mask);
  }
}

/** Without settings it only names the real server. */
function writeRealServer(
  writer: MessageWriter,
  id: RealServerId,
  settings: RealServer | undefined,
): void {
  writer.beginNested(commandAttribute.destination);
  writer.attributeU16(destinationAttribute.addressFamily, addressFamilyNumber[id.address.family]);
  writer.attributeAddress(destinationAttribute.address, id.address, addressAttributeLength);
  writer.attributeU16be(destinationAttribute.port, id.port);
  if (settings !== undefined) {
    const method = forwardingMethods.indexOf(settings.method);
    writer.attributeU32(destinationAttribute.forwardingMethod, method);
    writer.attributeU32(destinationAttribute.weight, settings.weight);
    writer.attributeU32(destinationAttribute.upperThreshold, settings.upperThreshold);
    writer.attributeU32(destinationAttribute.lowerThreshold, settings.lowerThreshold);
  }
  writer.endNested();
}

function flagsOf(settings: VirtualServerSettings): number {
  return (
    (settings.persistence === undefined ? 0 : serviceFlag.persistent) |
    (settings.schedulerFlags << serviceFlag.schedulerShift) |
    flagsOfSwitches(settings)
  );
}
