import type { MessageWriter } from '../netlink/message-writer.ts';
import { beginNetfilterMessage } from '../netlink/netfilter-message.ts';
import { swap32 } from '../netlink/byte-order.ts';
import { addressFamilyNumber, messageFlag, protocolNumber } from '../netlink/protocol.ts';
import { hostPrefixLength, type IpAddress } from '../../net/ip-address.ts';
import type { Protocol } from '../../net/protocol.ts';
import type { SetEntry } from './set-entry.ts';
import { lastPort, roomOf, type IpSet, type SetOperation, type SetType } from './model.ts';
import {
  addressAttribute,
  dataAttribute,
  ipsetCommand,
  ipsetProtocol,
  ipsetSubsystem,
  listOnly,
  messageAttribute,
  networkOrder,
  withSkbinfo,
} from './protocol.ts';

/** Asks which revisions of a type the kernel has. */
export function writeGetType(
  writer: MessageWriter,
  sequence: number,
  { type, family }: Pick<IpSet, 'type' | 'family'>,
): void {
  beginMessage(writer, sequence, ipsetCommand.type, 0, addressFamilyNumber[family]);
  writer.attributeString(messageAttribute.typeName, type);
  writer.attributeU8(messageAttribute.family, setFamily(type, family));
  writer.endMessage();
}

/** Makes a set; `revision` is one that the kernel has. */
export function writeCreateSet(
  writer: MessageWriter,
  sequence: number,
  set: IpSet,
  revision: number,
): void {
  const flags = messageFlag.create | messageFlag.exclusive;
  beginMessage(writer, sequence, ipsetCommand.create, flags, addressFamilyNumber[set.family]);
  writer.attributeString(messageAttribute.setName, set.name);
  writer.attributeString(messageAttribute.typeName, set.type);
  writer.attributeU8(messageAttribute.revision, revision);
  writer.attributeU8(messageAttribute.family, setFamily(set.type, set.family));
  writer.beginNested(messageAttribute.data);
  if (set.type === 'bitmap:port') {
    writer.attributeU16be(dataAttribute.port | networkOrder, 0);
    writer.attributeU16be(dataAttribute.portTo | networkOrder, lastPort);
  } else {
    writer.attributeU32be(dataAttribute.maxElements | networkOrder, roomOf(set));
  }
  if (set.givesMarks === true) {
    writer.attributeU32be(dataAttribute.flags | networkOrder, withSkbinfo);
  }
  if (set.markMask !== undefined) {
    writer.attributeU32be(dataAttribute.markMask | networkOrder, set.markMask);
  }
  writer.endNested();
  writer.endMessage();
}

export function writeDestroySet(writer: MessageWriter, sequence: number, name: string): void {
  beginMessage(writer, sequence, ipsetCommand.destroy, 0, addressFamilyNumber.IPv4);
  writer.attributeString(messageAttribute.setName, name);
  writer.endMessage();
}

/** Asks for a set with its entries, or for its header alone (a dump). */
export function writeListSet(
  writer: MessageWriter,
  sequence: number,
  name: string,
  what: 'header' | 'entries',
): void {
  beginMessage(writer, sequence, ipsetCommand.list, messageFlag.dump, addressFamilyNumber.IPv4);
  writer.attributeString(messageAttribute.setName, name);
  if (what === 'header') {
    writer.attributeU32be(messageAttribute.flags | networkOrder, listOnly.header);
  }
  writer.endMessage();
}

/** Asks for the names of all sets (a dump). */
export function writeListNames(writer: MessageWriter, sequence: number): void {
  beginMessage(writer, sequence, ipsetCommand.list, messageFlag.dump, addressFamilyNumber.IPv4);
  writer.attributeU32be(messageAttribute.flags | networkOrder, listOnly.names);
  writer.endMessage();
}

/** Adds or deletes an entry, or some ports. Adding what is there succeeds, and changes its mark. */
export function writeSetOperation(
  writer: MessageWriter,
  sequence: number,
  { kind, set, entry }: SetOperation,
): void {
  const command = kind === 'add entry' ? ipsetCommand.add : ipsetCommand.delete;
  beginMessage(writer, sequence, command, 0, addressFamilyNumber[set.family]);
  writer.attributeString(messageAttribute.setName, set.name);
  writer.beginNested(messageAttribute.data);
  writeEntry(writer, entry);
  writer.endNested();
  writer.endMessage();
}

function beginMessage(
  writer: MessageWriter,
  sequence: number,
  command: number,
  flags: number,
  family: number,
): void {
  beginNetfilterMessage(writer, sequence, { subsystem: ipsetSubsystem, command }, flags, family);
  writer.attributeU8(messageAttribute.protocol, ipsetProtocol);
}

function setFamily(type: SetType, family: IpSet['family']): number {
  return type === 'bitmap:port' ? 0 : addressFamilyNumber[family];
}

function writeEntry(writer: MessageWriter, entry: SetEntry): void {
  switch (entry.kind) {
    case 'address':
      writeAddress(writer, dataAttribute.ip, entry.address);
      break;
    case 'endpoint':
      writeEndpoint(writer, entry);
      break;
    case 'endpoint and source':
      writeEndpoint(writer, entry);
      writeAddress(writer, dataAttribute.ip2, entry.source.network);
      writer.attributeU8(dataAttribute.cidr2, entry.source.prefixLength);
      break;
    case 'endpoint to itself':
      writeEndpoint(writer, entry);
      writeAddress(writer, dataAttribute.ip2, entry.address);
      break;
    case 'port':
      writer.attributeU16be(dataAttribute.port | networkOrder, entry.port);
      break;
    case 'marked ports':
      writeEndpoint(writer, { ...entry, port: entry.first });
      writer.attributeU16be(dataAttribute.portTo | networkOrder, entry.last);
      writer.attributeU32Pair(
        dataAttribute.skbMark | networkOrder,
        swap32(entry.mark),
        swap32(entry.mask),
      );
      break;
    case 'address and mark':
      writeAddress(writer, dataAttribute.ip, entry.address);
      writer.attributeU32be(dataAttribute.mark | networkOrder, entry.mark);
      break;
    case 'address and source':
      writePair(writer, entry.address, entry.source.network, entry.source.prefixLength);
      break;
    case 'address to itself':
      writePair(writer, entry.address, entry.address, hostPrefixLength(entry.address.family));
      break;
  }
}

function writePair(
  writer: MessageWriter,
  address: IpAddress,
  network: IpAddress,
  prefixLength: number,
): void {
  writeAddress(writer, dataAttribute.ip, address);
  writeAddress(writer, dataAttribute.ip2, network);
  writer.attributeU8(dataAttribute.cidr2, prefixLength);
}

interface Endpoint {
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly port: number;
}

function writeEndpoint(writer: MessageWriter, { address, protocol, port }: Endpoint): void {
  writeAddress(writer, dataAttribute.ip, address);
  writer.attributeU8(dataAttribute.protocol, protocolNumber[protocol]);
  writer.attributeU16be(dataAttribute.port | networkOrder, port);
}

function writeAddress(writer: MessageWriter, type: number, address: IpAddress): void {
  writer.beginNested(type);
  writer.attributeAddress(addressAttribute[address.family] | networkOrder, address);
  writer.endNested();
}
