/**
 * The numbers of netlink itself (linux/netlink.h), shared by IPVS, addresses and sets.
 * Integers are in host order: every platform of the native binding is little-endian,
 * and `message-writer` and `message-reader` rely on that.
 */

export const netlinkProtocol = { route: 0, netfilter: 12, generic: 16 } as const;

export type NetlinkProtocol = (typeof netlinkProtocol)[keyof typeof netlinkProtocol];

/** Types below `minimum` are netlink's own. */
export const messageType = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

export const messageFlag = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  /** On a reply: what was dumped changed meanwhile, the dump has to be started again. */
  dumpInterrupted: 0x10,
  /** On GET: everything (NLM_F_ROOT | NLM_F_MATCH). */
  dump: 0x300,
  /** On NEW: change what exists. */
  replace: 0x100,
  /** On NEW: fail where it exists. */
  exclusive: 0x200,
  /** On NEW: make it where it does not exist. */
  create: 0x400,
  /** On NEW: behind what is there. */
  append: 0x800,
} as const;

/** struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port u32. */
export const messageHeaderLength = 16;

/** struct nlattr: length u16, type u16. */
export const attributeHeaderLength = 4;

/** Set in the type of an attribute that holds attributes. */
export const nestedAttribute = 0x8000;

/** The bits of an attribute's type that are not the nested and byte-order marks. */
export const attributeTypeMask = 0x3fff;

/** AF_INET and AF_INET6, as every subsystem numbers the families. */
export const addressFamilyNumber = { IPv4: 2, IPv6: 10 } as const;

/** IPPROTO_*, as every subsystem numbers the protocols. */
export const protocolNumber = { TCP: 6, UDP: 17, SCTP: 132 } as const;

/** The protocol with a number; undefined for one that no Service can have. */
export function protocolOf(number: number): keyof typeof protocolNumber | undefined {
  switch (number) {
    case protocolNumber.TCP:
      return 'TCP';
    case protocolNumber.UDP:
      return 'UDP';
    case protocolNumber.SCTP:
      return 'SCTP';
    default:
      return undefined;
  }
}

/** Messages and attributes start on multiples of four bytes. */
export function align(length: number): number {
  return (length + 3) & ~3;
}
