import { AttributeTable } from '../netlink/attribute-table.ts';
import { forEachAttribute, MalformedMessageError, readString } from '../netlink/message-reader.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import { addressFamilyNumber, messageFlag } from '../netlink/protocol.ts';
import { addressLength, hostPrefixLength, IpAddress } from '../../net/ip-address.ts';
import {
  addressAttribute,
  addressFlag,
  addressHeaderLength,
  forever,
  globalScope,
  linkAttribute,
  linkFlag,
  linkHeaderLength,
  linkInfoAttribute,
  linkScope,
  ownedMetric,
  routeMessage,
} from './protocol.ts';

/** One change to the addresses of the VIP link. */
export interface AddressOperation {
  /** `adopt` makes an address that is bound already as one that we bind, as far as can be without a gap. */
  readonly kind: 'bind' | 'adopt' | 'unbind';
  readonly address: IpAddress;
}

/** An address as the kernel shows it, on whatever link. */
export interface KernelAddress {
  readonly linkIndex: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** 0 where the address has none. */
  readonly metric: number;
  /** The kernel takes it as a source only where there is no other; for IPv6. */
  readonly deprecated: boolean;
  /** It has no end. */
  readonly permanent: boolean;
}

/** A link as the kernel shows it. */
export interface KernelLink {
  readonly index: number;
  readonly name: string;
  /** `dummy`, `veth`, ...; undefined for hardware. */
  readonly kind: string | undefined;
  readonly alias: string | undefined;
  readonly up: boolean;
}

/**
 * Writes the message of one change of address on the link with the index. No VIP is to be the source
 * of what the node sends elsewhere: those of IPv6 are deprecated, those of IPv4 have the scope `link`.
 * The kernel changes that scope of no address that is there (`inet_rtm_newaddr` replaces its metric and
 * lifetime alone).
 */
export function writeAddressOperation(
  writer: MessageWriter,
  sequence: number,
  linkIndex: number,
  operation: AddressOperation,
): void {
  const { kind, address } = operation;
  const flags = { bind: messageFlag.create, adopt: messageFlag.replace, unbind: 0 }[kind];
  const exclusive = kind === 'bind' ? messageFlag.exclusive : 0;
  writer.beginMessage(
    kind === 'unbind' ? routeMessage.deleteAddress : routeMessage.newAddress,
    messageFlag.request | flags | exclusive,
    sequence,
  );
  writer.u8(addressFamilyNumber[address.family]);
  writer.u8(hostPrefixLength(address.family));
  writer.u8(0);
  writer.u8(kind === 'bind' && address.family === 'IPv4' ? linkScope : globalScope);
  writer.u32(linkIndex);
  writer.attributeAddress(addressAttribute.local, address);
  writer.attributeAddress(addressAttribute.address, address);
  if (kind !== 'unbind') {
    writer.attributeU32(addressAttribute.routePriority, ownedMetric);
    if (address.family === 'IPv6') {
      writer.attributeU32(
        addressAttribute.flags,
        addressFlag.noDuplicateDetection | addressFlag.noPrefixRoute,
      );
      writer.attributeBytes(addressAttribute.cacheInfo, deprecatedForever);
    }
  }
  writer.endMessage();
}

/** struct ifa_cacheinfo: preferred and valid for so many seconds; the times of two changes, not read. */
const deprecatedForever = Buffer.from(Uint32Array.of(0, forever, 0, 0).buffer);

/** Asks for the addresses of all links, both families (a dump). */
export function writeGetAddresses(writer: MessageWriter, sequence: number): void {
  writer.beginMessage(routeMessage.getAddress, messageFlag.request | messageFlag.dump, sequence);
  writer.u32(0);
  writer.u32(0);
  writer.endMessage();
}

/** Asks for all links (a dump). */
export function writeGetLinks(writer: MessageWriter, sequence: number): void {
  writer.beginMessage(routeMessage.getLink, messageFlag.request | messageFlag.dump, sequence);
  writeLinkHeader(writer, { index: 0, flags: 0 });
  writer.endMessage();
}

/** Makes a dummy link, down and without ARP: it answers to nobody and only holds addresses. */
export function writeNewDummyLink(writer: MessageWriter, sequence: number, name: string): void {
  writer.beginMessage(
    routeMessage.newLink,
    messageFlag.request | messageFlag.create | messageFlag.exclusive,
    sequence,
  );
  writeLinkHeader(writer, { index: 0, flags: linkFlag.noArp });
  writer.attributeString(linkAttribute.name, name);
  writer.beginNested(linkAttribute.linkInfo);
  writer.attributeString(linkInfoAttribute.kind, 'dummy');
  writer.endNested();
  writer.endMessage();
}

/** Gives a link its alias; the kernel takes it only once the link exists. */
export function writeSetLinkAlias(
  writer: MessageWriter,
  sequence: number,
  linkIndex: number,
  alias: string,
): void {
  writer.beginMessage(routeMessage.newLink, messageFlag.request, sequence);
  writeLinkHeader(writer, { index: linkIndex, flags: 0 });
  writer.attributeString(linkAttribute.alias, alias);
  writer.endMessage();
}

export function writeDeleteLink(writer: MessageWriter, sequence: number, linkIndex: number): void {
  writer.beginMessage(routeMessage.deleteLink, messageFlag.request, sequence);
  writeLinkHeader(writer, { index: linkIndex, flags: 0 });
  writer.endMessage();
}

const addressTable = new AttributeTable(addressAttribute.routePriority);

/**
 * Reads one address of a dump; undefined for the families that are not IP's. Throws
 * MalformedMessageError.
 */
export function readAddress(payload: Buffer): KernelAddress | undefined {
  requireLength(payload, addressHeaderLength, 'an address');
  const family = familyOf(payload.readUInt8(0));
  if (family === undefined) {
    return undefined;
  }
  addressTable.read(payload, addressHeaderLength, payload.length);
  // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL is always our own.
  const { local, address } = addressAttribute;
  const own = addressTable.has(local) ? local : address;
  if (!addressTable.has(own) || addressTable.length(own) < addressLength(family)) {
    return undefined;
  }
  // The flags that matter fit in the header's byte, which each kernel fills in.
  const flags = payload.readUInt8(2);
  return {
    linkIndex: payload.readUInt32LE(4),
    address: IpAddress.fromBytes(family, payload, addressTable.start(own, 0)),
    prefixLength: payload.readUInt8(1),
    metric: addressTable.has(addressAttribute.routePriority)
      ? addressTable.u32(addressAttribute.routePriority)
      : 0,
    deprecated: (flags & addressFlag.deprecated) !== 0,
    permanent: (flags & addressFlag.permanent) !== 0,
  };
}

/** Reads one link of a dump. Throws MalformedMessageError. */
export function readLink(payload: Buffer): KernelLink {
  requireLength(payload, linkHeaderLength, 'a link');
  let name = '';
  let kind: string | undefined;
  let alias: string | undefined;
  forEachAttribute(payload, linkHeaderLength, (type, value) => {
    if (type === linkAttribute.name) {
      name = readString(value);
    } else if (type === linkAttribute.alias) {
      alias = readString(value);
    } else if (type === linkAttribute.linkInfo) {
      forEachAttribute(value, 0, (infoType, info) => {
        if (infoType === linkInfoAttribute.kind) {
          kind = readString(info);
        }
      });
    }
  });
  const flags = payload.readUInt32LE(8);
  return { index: payload.readUInt32LE(4), name, kind, alias, up: (flags & linkFlag.up) !== 0 };
}

function writeLinkHeader(
  writer: MessageWriter,
  link: { readonly index: number; readonly flags: number },
): void {
  writer.u32(0);
  writer.u32(link.index);
  writer.u32(link.flags);
  writer.u32(link.flags);
}

function familyOf(number: number): 'IPv4' | 'IPv6' | undefined {
  switch (number) {
    case addressFamilyNumber.IPv4:
      return 'IPv4';
    case addressFamilyNumber.IPv6:
      return 'IPv6';
    default:
      return undefined;
  }
}

function requireLength(payload: Buffer, length: number, what: string): void {
  if (payload.length < length) {
    throw new MalformedMessageError(`${what} in ${payload.length} bytes`);
  }
}
