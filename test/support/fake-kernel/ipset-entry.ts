import { addressText, endpointText, protocolName, type FamilyNumber } from './ip.ts';
import { attribute, Refusal, u16be, u32be, u8, type AttributeReader } from './wire.ts';

/** What sets hold, in the attributes of linux/netfilter/ipset/ip_set.h, by hand. */

/** The fields of an entry that its type has. */
export interface Entry {
  readonly ip?: Buffer;
  readonly port?: number;
  readonly protocol?: number;
  readonly ip2?: Buffer;
  readonly cidr2?: number;
  readonly mark?: number;
  /** What a packet gets, in a set with skbinfo. */
  readonly packetMark?: readonly [mark: number, mask: number];
}

export interface IpSet {
  readonly name: string;
  readonly type: string;
  readonly family: FamilyNumber;
  readonly revision: number;
  /** Of a hash; a bitmap has an entry for each of its ports. */
  readonly mostEntries: number;
  /** The first and last port of a bitmap. */
  readonly ports: readonly [first: number, last: number];
  /** After so many seconds entries vanish; undefined where they stay. */
  readonly timeoutSeconds: number | undefined;
  /** IPSET_FLAG_WITH_SKBINFO. */
  readonly hasPacketMarks: boolean;
  /** Of hash:ip,mark. */
  readonly markMask: number;
  /** By their text: `10.96.0.1`, `TCP 10.96.0.1:80`, `TCP 10.96.0.1:80,10.0.0.0/8`, `80`. */
  readonly entries: Map<string, Entry>;
}

const protocolError = 4097;
const invalidCidr = 4104;
const noPacketMarks = 4114;
export const netOrder = 0x4000;
export const nested = 0x8000;

/** The fields of each type. */
const fieldsOf: Readonly<Record<string, readonly (keyof Entry)[]>> = {
  'hash:ip': ['ip'],
  'hash:ip,port': ['ip', 'port', 'protocol'],
  'hash:ip,port,net': ['ip', 'port', 'protocol', 'ip2', 'cidr2'],
  'hash:ip,port,ip': ['ip', 'port', 'protocol', 'ip2'],
  'bitmap:port': ['port'],
  'hash:ip,mark': ['ip', 'mark'],
  'hash:net,net': ['ip', 'ip2', 'cidr2'],
};

/** PORT_TO 5: each port is an entry. */
export function entriesOf(set: IpSet, data: AttributeReader): readonly Entry[] {
  const first = entryOf(set, data);
  if (set.type !== 'hash:ip,port' || !data.has(5)) {
    return [first];
  }
  const [from, to] = [data.u16be(4), data.u16be(5)].toSorted((a, b) => a - b);
  return Array.from({ length: (to ?? 0) - (from ?? 0) + 1 }, (_, index) => ({
    ...first,
    port: (from ?? 0) + index,
  }));
}

/** IP 1, PORT 4, PROTO 7, MARK 10, IP2 20, CIDR2 21, SKBMARK 27. */
function entryOf(set: IpSet, data: AttributeReader): Entry {
  const { type, family } = set;
  const fields = fieldsOf[type];
  if (fields === undefined) {
    throw new Error(`the fake kernel knows no entries of ${type}`);
  }
  const entry = {
    ip: () => addressOf(data.nested(1), family),
    port: () => data.u16be(4),
    protocol: () => data.u8(7),
    ip2: () =>
      masked(
        addressOf(data.nested(20), family),
        fields.includes('cidr2') ? prefixLength(data, family) : 128,
      ),
    cidr2: () => prefixLength(data, family),
    mark: () => (data.u32be(10) & set.markMask) >>> 0,
    packetMark: () => packetMark(data),
  };
  if (data.has(27) && !set.hasPacketMarks) {
    throw new Refusal(noPacketMarks);
  }
  const all = set.hasPacketMarks && data.has(27) ? [...fields, 'packetMark' as const] : fields;
  return Object.fromEntries(all.map((field) => [field, entry[field]()]));
}

/** The mark, and its mask behind it. */
function packetMark(data: AttributeReader): readonly [mark: number, mask: number] {
  const bytes = data.bytes(27, 8);
  return [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
}

function prefixLength(data: AttributeReader, family: FamilyNumber): number {
  const whole = family === 2 ? 32 : 128;
  const length = data.has(21) ? data.u8(21) : whole;
  if (length === 0 || length > whole) {
    throw new Refusal(invalidCidr);
  }
  return length;
}

/** IPADDR_IPV4 1, IPADDR_IPV6 2. */
function addressOf(attributes: AttributeReader, family: FamilyNumber): Buffer {
  const type = family === 2 ? 1 : 2;
  if (!attributes.has(type)) {
    throw new Refusal(protocolError);
  }
  return Buffer.from(attributes.bytes(type, family === 2 ? 4 : 16));
}

function masked(address: Buffer, length: number): Buffer {
  return address.map((byte, index) => {
    const bits = Math.min(8, Math.max(0, length - index * 8));
    return byte & (0xff00 >> bits);
  }) as Buffer; // `map` of a Buffer makes a Buffer
}

/** The key of an entry, without what a packet gets. */
export function entryText(
  { family }: IpSet,
  { ip, port, protocol, ip2, cidr2, mark }: Entry,
): string {
  if (ip === undefined) {
    return String(port);
  }
  const place =
    port === undefined || protocol === undefined
      ? addressText(family, ip)
      : `${protocolName(protocol)} ${endpointText(family, ip, port)}`;
  const other = ip2 === undefined ? '' : `,${addressText(family, ip2)}`;
  const marked = mark === undefined ? '' : `,0x${mark.toString(16)}`;
  return `${place}${other}${cidr2 === undefined ? '' : `/${cidr2}`}${marked}`;
}

export function entryAttribute(
  { family }: IpSet,
  { ip, port, protocol, ip2, cidr2, mark, packetMark: given }: Entry,
): Buffer {
  const address = (type: number, bytes: Buffer | undefined) =>
    bytes === undefined
      ? []
      : [attribute(type | nested, attribute((family === 2 ? 1 : 2) | netOrder, bytes))];
  return attribute(
    7 | nested,
    ...address(1, ip),
    ...address(20, ip2),
    ...(port === undefined ? [] : [attribute(4 | netOrder, u16be(port))]),
    ...(protocol === undefined ? [] : [attribute(7, u8(protocol))]),
    ...(cidr2 === undefined ? [] : [attribute(21, u8(cidr2))]),
    ...(mark === undefined ? [] : [attribute(10 | netOrder, u32be(mark))]),
    ...(given === undefined || given.every((part) => part === 0)
      ? []
      : [attribute(27 | netOrder, Buffer.concat(given.map(u32be)))]),
  );
}
