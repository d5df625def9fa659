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
  cidr: 3,
  port: 4,
  portTo: 5,
  timeout: 6,
  protocol: 7,
  flags: 8,
  mark: 10,
  markMask: 11,
  maxElements: 19,
  ip2: 20,
  cidr2: 21,
  references: 25,
  skbMark: 27,
} as const;

/** In the flags of a set's own data: entries have a mark for packets. */
export const withSkbinfo = 64;

/** Attributes of an address. */
export const addressAttribute = { IPv4: 1, IPv6: 2 } as const;

/** Marks integers in network order; the kernel insists on it. */
export const networkOrder = 0x4000;

/**
 * ipset's own error numbers (enum ipset_errno of linux/netfilter/ipset/ip_set.h, the last one of
 * ip_set_hash.h) with their names and meanings.
 */
export const setErrors: ReadonlyMap<number, readonly [name: string, meaning: string]> = new Map([
  [4097, ['IPSET_ERR_PROTOCOL', "the message does not suit the set's type"]],
  [4098, ['IPSET_ERR_FIND_TYPE', 'the kernel has no such type of set']],
  [4099, ['IPSET_ERR_MAX_SETS', 'the kernel has as many sets as it can have']],
  [4100, ['IPSET_ERR_BUSY', 'the set is in use: a rule or another set refers to it']],
  [4101, ['IPSET_ERR_EXIST_SETNAME2', 'there is a set of the new name']],
  [4102, ['IPSET_ERR_TYPE_MISMATCH', 'the two sets are not of the same type']],
  [4103, ['IPSET_ERR_EXIST', 'the entry is there already, or is not there']],
  [4104, ['IPSET_ERR_INVALID_CIDR', 'the prefix length is none of the family']],
  [4105, ['IPSET_ERR_INVALID_NETMASK', 'the netmask is none of the family']],
  [4106, ['IPSET_ERR_INVALID_FAMILY', 'the type of set does not have this family']],
  [4107, ['IPSET_ERR_TIMEOUT', 'the set has no timeouts']],
  [4108, ['IPSET_ERR_REFERENCED', 'a rule or another set refers to the set']],
  [4109, ['IPSET_ERR_IPADDR_IPV4', 'an IPv4 address is missing or makes no sense']],
  [4110, ['IPSET_ERR_IPADDR_IPV6', 'an IPv6 address is missing or makes no sense']],
  [4111, ['IPSET_ERR_COUNTER', 'the set has no counters']],
  [4112, ['IPSET_ERR_COMMENT', 'the set has no comments']],
  [4113, ['IPSET_ERR_INVALID_MARKMASK', 'the mask of the mark makes no sense']],
  [4114, ['IPSET_ERR_SKBINFO', 'the set has no skbinfo']],
  [4115, ['IPSET_ERR_BITMASK_NETMASK_EXCL', 'bitmask and netmask exclude each other']],
  [4352, ['IPSET_ERR_HASH_FULL', 'the set is full']],
]);

/** Those that the code asks about. */
export const setErrorCode = {
  typeUnknown: 'IPSET_ERR_FIND_TYPE',
  busy: 'IPSET_ERR_BUSY',
  referenced: 'IPSET_ERR_REFERENCED',
  entryAbsent: 'IPSET_ERR_EXIST',
  full: 'IPSET_ERR_HASH_FULL',
} as const;

/** In the flags of a list: what there is beside the entries, or no more than the name. */
export const listOnly = { names: 2, header: 4 } as const;
