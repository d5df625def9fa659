/** The numbers of ipset over nfnetlink (linux/netfilter/ipset/ip_set.h), subsystem 6. */

export const ipsetSubsystem = 6;

/** Spoken by every kernel since 2.6.39; version 7 adds nothing that is needed here. */
export const ipsetProtocol = 6;

export const ipsetCommand = {
  create: 2,
  destroy: 3,
  list: 7,
  add: 9,
  delete: 10,
  type: 13,
} as const;

/** Attributes of a message. */
export const messageAttribute = {
  protocol: 1,
  setName: 2,
  typeName: 3,
  revision: 4,
  family: 5,
  flags: 6,
  data: 7,
  entries: 8,
} as const;

/** Attributes of an entry, or of a set's own data. */
export const dataAttribute = {
  ip: 1,
  port: 4,
  portTo: 5,
  protocol: 7,
  maxElements: 19,
  ip2: 20,
  cidr2: 21,
  references: 25,
} as const;

/** Attributes of an address. */
export const addressAttribute = { IPv4: 1, IPv6: 2 } as const;

/** Marks integers in network order; the kernel insists on it. */
export const networkOrder = 0x4000;

/** ipset's own error numbers, as netlink's errors name them. */
export const setErrorCode = {
  typeUnknown: 'E4098',
  busy: 'E4100',
  entryAbsent: 'E4103',
  full: 'E4352',
} as const;

/** In the flags of a list: what there is beside the entries, or no more than the name. */
export const listOnly = { names: 2, header: 4 } as const;
