import { addressText, endpointText, protocolName, type FamilyNumber } from './ip.ts';
import { attribute, Refusal, u16be, u8, type AttributeReader } from './wire.ts';

/** What sets hold, in the attributes of linux/netfilter/ipset/ip_set.h, by hand. */

/** The fields of an entry that its type has. */
export interface Entry {
  readonly ip?: Buffer;
  readonly port?: number;
  readonly protocol?: number;
  readonly ip2?: Buffer;
  readonly cidr2?: number;
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
  /** By their text: `10.96.0.1`, `TCP 10.96.0.1:80`, `TCP 10.96.0.1:80,10.0.0.0/8`, `80`. */
  readonly entries: Map<string, Entry>;
}

const protocolError = 4097;
const invalidCidr = 4104;
export const netOrder = 0x4000;
export const nested = 0x8000;

/** The fields of each type. */
const fieldsOf: Readonly<Record<string, readonly (keyof Entry)[]>> = {
  'hash:ip': ['ip'],
  'hash:ip,port': ['ip', 'port', 'protocol'],
  'hash:ip,port,net': ['ip', 'port', 'protocol', 'ip2', 'cidr2'],
  'hash:ip,port,ip': ['ip', 'port', 'protocol', 'ip2'],
  'bitmap:port': ['port'],
};

/** IP 1, PORT 4, PROTO 7, IP2 20, CIDR2 21. */
export function entryOf({ type, family }: IpSet, data: AttributeReader): Entry {
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
  };
  return Object.fromEntries(fields.map((field) => [field, entry[field]()]));
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

export function entryText({ family }: IpSet, { ip, port, protocol, ip2, cidr2 }: Entry): string {
  if (ip === undefined) {
    return String(port);
  }
  const place =
    port === undefined || protocol === undefined
      ? addressText(family, ip)
      : `${protocolName(protocol)} ${endpointText(family, ip, port)}`;
  const other = ip2 === undefined ? '' : `,${addressText(family, ip2)}`;
  return `${place}${other}${cidr2 === undefined ? '' : `/${cidr2}`}`;
}

export function entryAttribute(
  { family }: IpSet,
  { ip, port, protocol, ip2, cidr2 }: Entry,
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
  );
}
