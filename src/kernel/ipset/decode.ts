import type { Protocol } from '../../net/protocol.ts';
import { AttributeTable } from '../netlink/attribute-table.ts';
import { eachAttribute } from '../netlink/message-reader.ts';
import { netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import { addressFamilyNumber, protocolOf } from '../netlink/protocol.ts';
import { Cidr } from '../../net/cidr.ts';
import { hostPrefixLength, IpAddress, type IpFamily } from '../../net/ip-address.ts';
import type { SetEntry } from './set-entry.ts';
import type { SetHeader, SetType } from './model.ts';
import {
  addressAttribute,
  dataAttribute,
  messageAttribute,
  networkOrder,
  withSkbinfo,
} from './protocol.ts';

const messageTable = new AttributeTable(messageAttribute.entries);
const entryTable = new AttributeTable(dataAttribute.skbMark);
const headerTable = new AttributeTable(dataAttribute.references);
const addressTable = new AttributeTable(addressAttribute.IPv6);

/** The highest revision of a type that the kernel has. Throws MalformedMessageError. */
export function readRevision(payload: Buffer): number {
  messageTable.read(payload, netfilterHeaderLength, payload.length);
  return messageTable.u8(messageAttribute.revision);
}

/** The name of a set in a list. Throws MalformedMessageError. */
export function readSetName(payload: Buffer): string {
  messageTable.read(payload, netfilterHeaderLength, payload.length);
  return messageTable.text(messageAttribute.setName);
}

/** What a message of a list says of the set itself; undefined where it says nothing. */
export function readHeader(payload: Buffer): SetHeader | undefined {
  messageTable.read(payload, netfilterHeaderLength, payload.length);
  const { data, typeName, family } = messageAttribute;
  if (!messageTable.has(data) || !messageTable.has(typeName)) {
    return undefined;
  }
  const type = messageTable.text(typeName);
  const number = messageTable.has(family) ? messageTable.u8(family) : 0;
  headerTable.read(payload, messageTable.start(data, 0), messageTable.end(data));
  const { references, maxElements, port, portTo, timeout, flags, markMask } = dataAttribute;
  const isPorts = headerTable.has(port) && headerTable.has(portTo);
  return {
    type,
    family: familyOf(number),
    references: headerTable.has(references) ? headerTable.u32be(references) : 0,
    maxElements: headerTable.has(maxElements) ? headerTable.u32be(maxElements) : undefined,
    ports: isPorts ? [headerTable.u16be(port), headerTable.u16be(portTo)] : undefined,
    hasTimeout: headerTable.has(timeout),
    givesMarks: headerTable.has(flags) && (headerTable.u32be(flags) & withSkbinfo) !== 0,
    markMask: headerTable.has(markMask) ? readMarkMask(payload) : undefined,
  };
}

/** The one number that the kernel tells in its own order, and says so by the lack of a bit in the type. */
function readMarkMask(payload: Buffer): number {
  const { markMask } = dataAttribute;
  const typeByte = payload[headerTable.start(markMask, 4) - 1] ?? 0;
  return (typeByte & (networkOrder >>> 8)) === 0
    ? headerTable.u32(markMask) >>> 0
    : headerTable.u32be(markMask);
}

function familyOf(number: number): IpFamily | undefined {
  const families = ['IPv4', 'IPv6'] as const;
  return families.find((family) => addressFamilyNumber[family] === number);
}

/**
 * Visits the entries in one message of a list. An entry of a form that we never write is somebody
 * else's and left out. Throws MalformedMessageError.
 */
export function readEntries(
  payload: Buffer,
  type: SetType,
  visit: (entry: SetEntry) => void,
): void {
  messageTable.read(payload, netfilterHeaderLength, payload.length);
  if (!messageTable.has(messageAttribute.entries)) {
    return;
  }
  const { entries, data } = messageAttribute;
  const [start, end] = [messageTable.start(entries, 0), messageTable.end(entries)];
  eachAttribute(payload, start, end, (attribute, entryStart, entryEnd) => {
    if (attribute === data) {
      entryTable.read(payload, entryStart, entryEnd);
      const entry = readEntry(payload, type);
      if (entry !== undefined) {
        visit(entry);
      }
    }
  });
}

function readEntry(payload: Buffer, type: SetType): SetEntry | undefined {
  switch (type) {
    case 'bitmap:port':
      return { kind: 'port', port: entryTable.u16be(dataAttribute.port) };
    case 'hash:ip':
      return { kind: 'address', address: readAddress(payload, dataAttribute.ip) };
    case 'hash:ip,port':
      return readPort(payload);
    case 'hash:ip,port,net': {
      const endpoint = readEndpoint(payload);
      const source = readRange(payload);
      return endpoint === undefined || source === undefined
        ? undefined
        : { kind: 'endpoint and source', ...endpoint, source };
    }
    case 'hash:ip,port,ip': {
      const endpoint = readEndpoint(payload);
      return endpoint?.address.equals(readAddress(payload, dataAttribute.ip2)) === true
        ? { kind: 'endpoint to itself', ...endpoint }
        : undefined;
    }
    case 'hash:ip,mark':
      return {
        kind: 'address and mark',
        address: readAddress(payload, dataAttribute.ip),
        mark: entryTable.u32be(dataAttribute.mark),
      };
    case 'hash:net,net':
      return readPair(payload);
  }
}

/** The mark for packets, where it has one, with its mask behind it. */
function readPort(payload: Buffer): SetEntry | undefined {
  const endpoint = readEndpoint(payload);
  if (endpoint === undefined || !entryTable.has(dataAttribute.skbMark)) {
    return endpoint === undefined ? undefined : { kind: 'endpoint', ...endpoint };
  }
  const { address, protocol, port } = endpoint;
  const start = entryTable.start(dataAttribute.skbMark, 8);
  const [mark, mask] = [payload.readUInt32BE(start), payload.readUInt32BE(start + 4)];
  return { kind: 'marked ports', address, protocol, first: port, last: port, mark, mask };
}

function readPair(payload: Buffer): SetEntry | undefined {
  const address = readAddress(payload, dataAttribute.ip);
  const source = readRange(payload);
  const { cidr } = dataAttribute;
  const isHost = !entryTable.has(cidr) || entryTable.u8(cidr) === hostPrefixLength(address.family);
  if (source === undefined || !isHost) {
    return undefined;
  }
  return source.text === Cidr.host(address).text
    ? { kind: 'address to itself', address }
    : { kind: 'address and source', address, source };
}

interface Endpoint {
  readonly address: IpAddress;
  readonly protocol: Protocol;
  readonly port: number;
}

function readEndpoint(payload: Buffer): Endpoint | undefined {
  const protocol = protocolOf(entryTable.u8(dataAttribute.protocol));
  return protocol === undefined
    ? undefined
    : {
        address: readAddress(payload, dataAttribute.ip),
        protocol,
        port: entryTable.u16be(dataAttribute.port),
      };
}

function readRange(payload: Buffer): Cidr | undefined {
  const network = readAddress(payload, dataAttribute.ip2);
  return entryTable.has(dataAttribute.cidr2)
    ? Cidr.parse(`${network.text}/${entryTable.u8(dataAttribute.cidr2)}`)
    : Cidr.host(network);
}

function readAddress(payload: Buffer, type: number): IpAddress {
  addressTable.read(payload, entryTable.start(type, 4), entryTable.end(type));
  return addressTable.has(addressAttribute.IPv4)
    ? IpAddress.fromBytes('IPv4', payload, addressTable.start(addressAttribute.IPv4, 4))
    : IpAddress.fromBytes('IPv6', payload, addressTable.start(addressAttribute.IPv6, 16));
}
