import type { Protocol } from '../cluster/objects.ts';
import { AttributeTable } from '../netlink/attribute-table.ts';
import {
  type Attributes,
  MalformedMessageError,
  readAttributes,
} from '../netlink/message-reader.ts';
import { netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import {
  align,
  attributeHeaderLength,
  attributeTypeMask,
  protocolNumber,
} from '../netlink/protocol.ts';
import { Cidr } from '../net/cidr.ts';
import { IpAddress } from '../net/ip-address.ts';
import type { SetEntry, SetType } from './model.ts';
import { addressAttribute, dataAttribute, messageAttribute } from './protocol.ts';

/** The highest revision of a type that the kernel has. Raises MalformedMessageError. */
export function readRevision(payload: Buffer): number {
  return (
    required(readAttributes(payload, netfilterHeaderLength), messageAttribute.revision, 1)[0] ?? 0
  );
}

/** How many rules refer to a set; 0 where the message does not say. */
export function readReferences(payload: Buffer): number {
  const data = readAttributes(payload, netfilterHeaderLength).get(messageAttribute.data);
  const references =
    data === undefined ? undefined : readAttributes(data).get(dataAttribute.references);
  return references === undefined || references.length < 4 ? 0 : references.readUInt32BE(0);
}

const messageTable = new AttributeTable(messageAttribute.entries);
const entryTable = new AttributeTable(dataAttribute.cidr2);
const addressTable = new AttributeTable(addressAttribute.IPv6);

/**
 * Visits the entries in one message of a list. An entry of a form that we never write is somebody
 * else's and left out. Raises MalformedMessageError.
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
  const end = messageTable.end(messageAttribute.entries);
  let at = messageTable.start(messageAttribute.entries, 0);
  while (end - at >= attributeHeaderLength) {
    const length = payload.readUInt16LE(at);
    const attribute = payload.readUInt16LE(at + 2) & attributeTypeMask;
    if (length < attributeHeaderLength || at + length > end) {
      throw new MalformedMessageError(
        `an ipset entry of ${length} bytes where ${end - at} are left`,
      );
    }
    if (attribute === messageAttribute.data) {
      entryTable.read(payload, at + attributeHeaderLength, at + length);
      const entry = readEntry(payload, type);
      if (entry !== undefined) {
        visit(entry);
      }
    }
    at += align(length);
  }
}

function readEntry(payload: Buffer, type: SetType): SetEntry | undefined {
  switch (type) {
    case 'bitmap:port':
      return { kind: 'port', port: entryTable.u16be(dataAttribute.port) };
    case 'hash:ip':
      return { kind: 'address', address: readAddress(payload, dataAttribute.ip) };
    case 'hash:ip,port': {
      const endpoint = readEndpoint(payload);
      return endpoint === undefined ? undefined : { kind: 'endpoint', ...endpoint };
    }
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
  }
}

function readEndpoint(
  payload: Buffer,
): { readonly address: IpAddress; readonly protocol: Protocol; readonly port: number } | undefined {
  const number = entryTable.u8(dataAttribute.protocol);
  const protocol = protocols.find((name) => protocolNumber[name] === number);
  return protocol === undefined
    ? undefined
    : {
        address: readAddress(payload, dataAttribute.ip),
        protocol,
        port: entryTable.u16be(dataAttribute.port),
      };
}

const protocols = ['TCP', 'UDP', 'SCTP'] as const satisfies readonly Protocol[];

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

function required(attributes: Attributes, type: number, length: number): Buffer {
  const value = attributes.get(type);
  if (value === undefined || value.length < length) {
    throw new MalformedMessageError(`an ipset message without attribute ${type}`);
  }
  return value;
}
