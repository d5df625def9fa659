import { endpointText, protocolName, type FamilyNumber } from './ip.ts';
import { attribute, Refusal, text, u16, u16be, u32, u64, type AttributeReader } from './wire.ts';

/** What the messages of IPVS say; the numbers are those of include/uapi/linux/ip_vs.h, by hand. */

/** Connections of a real server, which tests give and take. */
export interface Connections {
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
}

export interface RealServer {
  readonly family: FamilyNumber;
  /** 16 bytes; an IPv4 address in the first four. */
  readonly address: Buffer;
  readonly port: number;
  /** masq 0, local 1, tunnel 2, route 3. */
  method: number;
  weight: number;
  upperThreshold: number;
  lowerThreshold: number;
  /** Undefined where it has those that all have. */
  connections: Connections | undefined;
}

export interface Identity {
  readonly family: FamilyNumber;
  readonly protocol: number;
  /** 16 bytes; an IPv4 address in the first four. */
  readonly address: Buffer;
  readonly port: number;
  /** 0 for a virtual server by address. */
  readonly fwmark: number;
}

export interface Settings {
  readonly scheduler: string;
  readonly flags: number;
  readonly timeoutSeconds: number;
  /** IPv4: the mask in network order; IPv6: the length of the prefix in host order. */
  readonly netmask: Buffer;
}

export interface VirtualServer {
  readonly identity: Identity;
  settings: Settings;
  /** By `10.244.0.7:8080`, the one that came first first; a list of the kernel goes the other way. */
  readonly realServers: Map<string, RealServer>;
}

const eafnosupport = 97;
const hashed = 0x2;

/** `TCP 10.96.0.1:80`, `fwmark 7 (IPv6)`. */
export function keyOf({ family, protocol, address, port, fwmark }: Identity): string {
  return fwmark === 0
    ? `${protocolName(protocol)} ${endpointText(family, address, port)}`
    : `fwmark ${fwmark} (${family === 2 ? 'IPv4' : 'IPv6'})`;
}

/** `ip_vs_genl_parse_service`: the mark, or protocol, address and port. */
export function identityOf(service: AttributeReader): Identity {
  const family = familyOf(service.u16(1));
  if (service.has(5) && service.u32(5) !== 0) {
    return { family, protocol: 0, address: Buffer.alloc(16), port: 0, fwmark: service.u32(5) };
  }
  return {
    family,
    protocol: service.u16(2),
    address: paddedAddress(service.bytes(3, family === 2 ? 4 : 16)),
    port: service.u16be(4),
    fwmark: 0,
  };
}

/** Flags are given with a mask of those that are meant; that it is hashed the kernel says itself. */
export function settingsOf(service: AttributeReader, present: number): Settings {
  const scheduler = service.text(6);
  const flags = service.bytes(7, 8);
  const mask = flags.readUInt32LE(4);
  return {
    scheduler,
    flags: ((present & ~mask) | (flags.readUInt32LE(0) & mask) | hashed) >>> 0,
    timeoutSeconds: service.u32(8),
    netmask: Buffer.from(service.bytes(9, 4)),
  };
}

export function familyOf(number: number): FamilyNumber {
  if (number !== 2 && number !== 10) {
    throw new Refusal(eafnosupport);
  }
  return number;
}

export function paddedAddress(bytes: Buffer): Buffer {
  const address = Buffer.alloc(16);
  bytes.copy(address, 0, 0, 16);
  return address;
}

/** `inet_addr_type` and `ipv6_addr_type` as `ip_vs_new_dest` asks them. */
export function isUnicast(family: FamilyNumber, address: Buffer): boolean {
  const [first = 0, second = 0] = address;
  if (family === 2) {
    return first !== 0 && (first & 0xf0) !== 0xe0 && address.readUInt32BE(0) !== 0xffff_ffff;
  }
  const isLinkLocal = first === 0xfe && (second & 0xc0) === 0x80;
  return first !== 0xff && !isLinkLocal && address.some((byte) => byte !== 0);
}

export function header(command: number): Buffer {
  return Buffer.from([command, 1, 0, 0]);
}

export function virtualServerPayload({ identity, settings }: VirtualServer): Buffer {
  const { family, protocol, address, port, fwmark } = identity;
  const { scheduler, flags, timeoutSeconds, netmask } = settings;
  const who =
    fwmark === 0
      ? [attribute(2, u16(protocol)), attribute(3, address), attribute(4, u16be(port))]
      : [attribute(5, u32(fwmark))];
  return Buffer.concat([
    header(1),
    attribute(
      0x8001,
      attribute(1, u16(family)),
      ...who,
      attribute(6, text(scheduler)),
      attribute(7, u32(flags), u32(0xffff_ffff)),
      attribute(8, u32(timeoutSeconds)),
      attribute(9, netmask),
      ...statistics(),
    ),
  ]);
}

export function realServerPayload(realServer: RealServer, connections: Connections): Buffer {
  const { family, address, port, method, weight, upperThreshold, lowerThreshold } = realServer;
  const { active, inactive, persistent } = realServer.connections ?? connections;
  const numbers = [method, weight, upperThreshold, lowerThreshold, active, inactive, persistent];
  return Buffer.concat([
    header(5),
    attribute(
      0x8002,
      attribute(1, address),
      attribute(2, u16be(port)),
      ...numbers.map((value, index) => attribute(3 + index, u32(value))),
      attribute(11, u16(family)),
      ...statistics(),
    ),
  ]);
}

/** STATS with numbers of 32 bits, of which the bytes have 64, and STATS64: nobody sends a packet. */
function statistics(): Buffer[] {
  const of = (size: (index: number) => Buffer) =>
    Array.from({ length: 10 }, (_, index) => attribute(index + 1, size(index)));
  return [
    attribute(0x800a, ...of((index) => (index === 3 || index === 4 ? u64(0) : u32(0)))),
    attribute(0x800c, ...of(() => u64(0))),
  ];
}
