import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import { addressBytes, addressText, type FamilyNumber } from './ip.ts';
import { change, flag, type Request } from './request.ts';
import { attribute, AttributeReader, Refusal, text, u32 } from './wire.ts';

interface Link {
  readonly index: number;
  readonly name: string;
  /** `dummy`, `bridge`; undefined for hardware. */
  readonly kind: string | undefined;
  alias?: string;
  /** IFF_UP 0x1, IFF_NOARP 0x80. */
  readonly flags: number;
}

interface Address {
  readonly family: FamilyNumber;
  readonly text: string;
  readonly bytes: Buffer;
  readonly linkIndex: number;
  readonly prefixLength: number;
  /** RT_SCOPE_*: where it is of use, 0 everywhere, 253 on its link, 254 on the node. */
  readonly scope: number;
  /** 0 for none. */
  metric: number;
  /** IFA_F_*. */
  flags: number;
}

const errno = { ERANGE: 34, ENODEV: 19, EEXIST: 17, EINVAL: 22, EOPNOTSUPP: 95, EADDRNOTAVAIL: 99 };
/** IFA_F_PERMANENT has no end; IFA_F_DEPRECATED is no source while there is another. */
const [permanent, deprecated] = [0x80, 0x20];
const life = permanent | deprecated;
const forever = 0xffff_ffff;

/**
 * Links and addresses over rtnetlink, as net/core/rtnetlink.c, net/ipv4/devinet.c and
 * net/ipv6/addrconf.c have them. The numbers are those of linux/if_link.h and if_addr.h, by hand.
 */
export class FakeRoute {
  readonly links: Link[] = [{ index: 1, name: 'lo', kind: undefined, flags: 0x9 }];
  readonly addresses: Address[] = [];
  /** The kinds of link that can be made. */
  kinds: ReadonlySet<string> = new Set(['dummy', 'bridge']);

  constructor() {
    this.bind(1, 2, Buffer.from([127, 0, 0, 1]), 8);
  }

  /** Makes a link as somebody else would; returns its number. */
  addLink(name: string, kind?: string, flags = 0): number {
    const index = Math.max(...this.links.map((link) => link.index)) + 1;
    this.links.push({ index, name, kind, flags });
    return index;
  }

  /** Binds an address as somebody else would. */
  bind(
    linkIndex: number,
    family: FamilyNumber,
    bytes: Buffer,
    prefixLength: number,
    metric = 0,
    { scope = 0, flags = permanent } = {},
  ): void {
    const shown = addressText(family, bytes);
    this.addresses.push({
      family,
      text: shown,
      bytes,
      linkIndex,
      prefixLength,
      scope,
      metric,
      flags,
    });
  }

  deleteLink(name: string): void {
    const at = this.links.findIndex((link) => link.name === name);
    const [link] = at === -1 ? [] : this.links.splice(at, 1);
    const others = this.addresses.filter(({ linkIndex }) => linkIndex !== link?.index);
    this.addresses.splice(0, this.addresses.length, ...others);
  }

  unbind(address: string): void {
    const others = this.addresses.filter((row) => row.text !== address);
    this.addresses.splice(0, this.addresses.length, ...others);
  }

  /** The addresses of a link, in their order. */
  addressesOn(name: string): string[] {
    const link = this.links.find((row) => row.name === name);
    return this.addresses
      .filter(({ linkIndex }) => linkIndex === link?.index)
      .map((row) => row.text);
  }

  request(message: ReceivedMessage): Request {
    switch (message.type) {
      case 16:
        return this.#newLink(message);
      case 17:
        return this.#deleteLink(message);
      case 18:
        return dump('links', 16, () => this.links.map(linkPayload));
      case 20:
        return this.#newAddress(message);
      case 21:
        return this.#deleteAddress(message);
      case 22:
        return dump('addresses', 20, () =>
          [2, 10].flatMap((family) =>
            this.addresses.filter((row) => row.family === family).map(addressPayload),
          ),
        );
      default:
        throw new Refusal(errno.EOPNOTSUPP);
    }
  }

  /** IFLA_IFNAME 3, IFLA_LINKINFO 18 with IFLA_INFO_KIND 1, IFLA_IFALIAS 20. */
  #newLink({ payload, flags }: ReceivedMessage): Request {
    const attributes = new AttributeReader(payload, 16, errno.EINVAL, errno.ERANGE);
    const index = payload.readUInt32LE(4);
    const name = attributes.has(3) ? attributes.text(3) : undefined;
    const present = this.links.find((link) =>
      index === 0 ? link.name === name : link.index === index,
    );
    const shown = name ?? present?.name ?? `number ${index}`;
    const verb = (flags & flag.create) === 0 ? 'change' : 'make';
    return change(shown, `${verb} link ${shown}`, () => {
      if (present !== undefined) {
        if ((flags & flag.exclusive) !== 0) {
          throw new Refusal(errno.EEXIST);
        }
        if (attributes.has(20)) {
          present.alias = attributes.text(20);
        }
        return;
      }
      if ((flags & flag.create) === 0 || name === undefined) {
        throw new Refusal(errno.ENODEV);
      }
      const kind = attributes.has(18) ? attributes.nested(18).text(1) : '';
      if (!this.kinds.has(kind)) {
        throw new Refusal(errno.EOPNOTSUPP);
      }
      this.addLink(name, kind, payload.readUInt32LE(8) | 0x80);
    });
  }

  #deleteLink({ payload }: ReceivedMessage): Request {
    const index = payload.readUInt32LE(4);
    const present = this.links.find((link) => link.index === index);
    const name = present?.name ?? `number ${index}`;
    return change(name, `delete link ${name}`, () => {
      if (present === undefined) {
        throw new Refusal(errno.ENODEV);
      }
      this.deleteLink(name);
    });
  }

  #newAddress({ payload, flags }: ReceivedMessage): Request {
    const asked = addressOf(payload);
    const verb = (flags & flag.replace) === 0 ? 'bind' : 'adopt';
    return change(asked.text, `${verb} ${asked.text}`, () => {
      const row = this.#find(asked);
      if (row !== undefined) {
        if ((flags & flag.exclusive) !== 0 || (flags & flag.replace) === 0) {
          throw new Refusal(errno.EEXIST);
        }
        // The scope stays, of IPv4 the flags, too, but for those of its life.
        row.metric = asked.metric;
        row.flags = asked.family === 10 ? asked.flags : (row.flags & ~life) | (asked.flags & life);
        return;
      }
      this.addresses.push(asked);
    });
  }

  #deleteAddress({ payload }: ReceivedMessage): Request {
    const asked = addressOf(payload);
    return change(asked.text, `unbind ${asked.text}`, () => {
      const row = this.#find(asked);
      if (row === undefined) {
        throw new Refusal(errno.EADDRNOTAVAIL);
      }
      this.addresses.splice(this.addresses.indexOf(row), 1);
    });
  }

  #find({ text: wanted, linkIndex, prefixLength, family }: Address): Address | undefined {
    if (this.links.every(({ index }) => index !== linkIndex)) {
      throw new Refusal(errno.ENODEV);
    }
    if (prefixLength > addressBytes(family) * 8) {
      throw new Refusal(errno.EINVAL);
    }
    // IPv6 looks for the address alone, whatever its prefix.
    return this.addresses.find(
      (row) =>
        row.linkIndex === linkIndex &&
        row.text === wanted &&
        (family === 10 || row.prefixLength === prefixLength),
    );
  }
}

function dump(words: string, answerType: number, perform: () => Buffer[]): Request {
  return { object: words, words, kind: 'dump', answerType, perform };
}

/** struct ifaddrmsg; IFA_ADDRESS 1, IFA_LOCAL 2, IFA_CACHEINFO 6, IFA_FLAGS 8, IFA_RT_PRIORITY 9. */
function addressOf(payload: Buffer): Address {
  const family = payload.readUInt8(0);
  if (family !== 2 && family !== 10) {
    throw new Refusal(errno.EOPNOTSUPP);
  }
  const attributes = new AttributeReader(payload, 8, errno.EINVAL, errno.ERANGE);
  // IPv4 insists on IFA_LOCAL, IPv6 is content with either.
  const bytes = Buffer.from(
    attributes.bytes(family === 10 && !attributes.has(2) ? 1 : 2, addressBytes(family)),
  );
  return {
    family,
    text: addressText(family, bytes),
    bytes,
    linkIndex: payload.readUInt32LE(4),
    prefixLength: payload.readUInt8(1),
    metric: attributes.has(9) ? attributes.u32(9) : 0,
    // IPv6 has a scope by the kind of its address; those of the tests are global.
    scope: family === 2 ? payload.readUInt8(3) : 0,
    flags: (attributes.has(8) ? attributes.u32(8) : payload.readUInt8(2)) | lifeOf(attributes),
  };
}

/** struct ifa_cacheinfo: for how many seconds it is preferred, and valid. */
function lifeOf(attributes: AttributeReader): number {
  const info = attributes.has(6) ? attributes.bytes(6, 16) : undefined;
  const [preferred, valid] = [info?.readUInt32LE(0) ?? forever, info?.readUInt32LE(4) ?? forever];
  if (valid === 0 || preferred > valid) {
    throw new Refusal(errno.EINVAL);
  }
  return (valid === forever ? permanent : 0) | (preferred === 0 ? deprecated : 0);
}

function linkPayload({ index, name, kind, alias, flags }: Link): Buffer {
  return Buffer.concat([
    u32(0),
    u32(index),
    u32(flags),
    u32(0),
    attribute(3, text(name)),
    ...(alias === undefined ? [] : [attribute(20, text(alias))]),
    ...(kind === undefined ? [] : [attribute(18, attribute(1, text(kind)))]),
  ]);
}

function addressPayload({
  family,
  bytes,
  linkIndex,
  prefixLength,
  scope,
  metric,
  flags,
}: Address): Buffer {
  return Buffer.concat([
    Buffer.from([family, prefixLength, flags & 0xff, scope]),
    u32(linkIndex),
    attribute(1, bytes),
    ...(family === 2 ? [attribute(2, bytes)] : []),
    attribute(8, u32(flags)),
    ...(metric === 0 ? [] : [attribute(9, u32(metric))]),
  ]);
}
