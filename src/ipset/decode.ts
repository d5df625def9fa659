import type { Protocol } from '../cluster/objects.ts';
import {
  type Attributes,
  forEachAttribute,
  MalformedMessageError,
  readAttributes,
} from '../netlink/message-reader.ts';
import { netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import { protocolNumber } from '../netlink/protocol.ts';
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

/**
 * The entries in one message of a list. An entry of a form that we never write is somebody
 * else's and left out. Raises MalformedMessageError.
 */
export function readEntries(payload: Buffer, type: SetType): readonly SetEntry[] {
  const all = readAttributes(payload, netfilterHeaderLength).get(messageAttribute.entries);
  const entries: SetEntry[] = [];
  if (all !== undefined) {
    forEachAttribute(all, 0, (attribute, value) => {
      const entry = attribute === messageAttribute.data ? readEntry(value, type) : undefined;
      if (entry !== undefined) {
        entries.push(entry);
      }
    });
  }
  return entries;
}

function readEntry(value: Buffer, type: SetType): SetEntry | undefined {
  const attributes = readAttributes(value);
  switch (type) {
    case 'bitmap:port':
      return { kind: 'port', port: readPort(attributes) };
    case 'hash:ip':
      return { kind: 'address', address: readAddress(attributes, dataAttribute.ip) };
    case 'hash:ip,port': {
      const endpoint = readEndpoint(attributes);
      return endpoint === undefined ? undefined : { kind: 'endpoint', ...endpoint };
    }
    case 'hash:ip,port,net': {
      const endpoint = readEndpoint(attributes);
      const source = readRange(attributes);
      return endpoint === undefined || source === undefined
        ? undefined
        : { kind: 'endpoint and source', ...endpoint, source };
    }
    case 'hash:ip,port,ip': {
      const endpoint = readEndpoint(attributes);
      return endpoint?.address.equals(readAddress(attributes, dataAttribute.ip2)) === true
        ? { kind: 'endpoint to itself', ...endpoint }
        : undefined;
    }
  }
}

function readEndpoint(
  attributes: Attributes,
): { readonly address: IpAddress; readonly protocol: Protocol; readonly port: number } | undefined {
  const number = required(attributes, dataAttribute.protocol, 1)[0];
  const protocol = protocols.find((name) => protocolNumber[name] === number);
  return protocol === undefined
    ? undefined
    : { address: readAddress(attributes, dataAttribute.ip), protocol, port: readPort(attributes) };
}

const protocols = ['TCP', 'UDP', 'SCTP'] as const satisfies readonly Protocol[];

function readRange(attributes: Attributes): Cidr | undefined {
  const network = readAddress(attributes, dataAttribute.ip2);
  const length = attributes.get(dataAttribute.cidr2)?.[0];
  return length === undefined ? Cidr.host(network) : Cidr.parse(`${network.text}/${length}`);
}

function readPort(attributes: Attributes): number {
  return required(attributes, dataAttribute.port, 2).readUInt16BE(0);
}

function readAddress(attributes: Attributes, type: number): IpAddress {
  const address = readAttributes(required(attributes, type, 4));
  const ipv4 = address.get(addressAttribute.IPv4);
  return ipv4 === undefined
    ? IpAddress.fromBytes('IPv6', required(address, addressAttribute.IPv6, 16))
    : IpAddress.fromBytes('IPv4', required(address, addressAttribute.IPv4, 4));
}

function required(attributes: Attributes, type: number, length: number): Buffer {
  const value = attributes.get(type);
  if (value === undefined || value.length < length) {
    throw new MalformedMessageError(`an ipset message without attribute ${type}`);
  }
  return value;
}
