/**
 * The numbers of nf_tables (linux/netfilter/nf_tables.h). Integers in its attributes are in network
 * order.
 */

/** NFNL_SUBSYS_NFTABLES. */
export const nftSubsystem = 10;

/** NFNL_MSG_BATCH_BEGIN and _END: what lies between them takes effect as a whole, or not at all. */
export const batchMessage = { begin: 0x10, end: 0x11 } as const;

/** NFPROTO_INET: a table of both families. */
export const inetFamily = 1;

export const nftMessage = {
  newTable: 0,
  getTable: 1,
  deleteTable: 2,
  newChain: 3,
  getChain: 4,
  deleteChain: 5,
  newRule: 6,
  getRule: 7,
  deleteRule: 8,
  newSet: 9,
  getSet: 10,
  deleteSet: 11,
  newElement: 12,
  getElement: 13,
  deleteElement: 14,
  newGeneration: 15,
  getGeneration: 16,
} as const;

export const tableAttribute = { name: 1, flags: 2, userData: 6 } as const;

/**
 * An owned table can be changed by the netlink socket that owns it and by nobody else; a persistent one
 * stays when that is closed (Linux 6.9), and whoever comes next can own it.
 */
export const tableFlag = { owner: 2, persist: 4 } as const;

export const chainAttribute = { table: 1, name: 3, hook: 4, policy: 5, type: 7 } as const;
export const hookAttribute = { number: 1, priority: 2 } as const;

export const ruleAttribute = {
  table: 1,
  chain: 2,
  handle: 3,
  expressions: 4,
  userData: 7,
} as const;

/** Of a list of anything. */
export const listElement = 1;
export const expressionAttribute = { name: 1, data: 2 } as const;
export const dataAttribute = { value: 1, verdict: 2 } as const;
export const verdictAttribute = { code: 1, chain: 2 } as const;

export const setAttribute = {
  table: 1,
  name: 2,
  flags: 3,
  keyType: 4,
  keyLength: 5,
  dataType: 6,
  dataLength: 7,
  description: 9,
  id: 10,
  userData: 13,
} as const;

export const setFlag = { interval: 4, map: 8, concatenated: 0x80 } as const;
export const setDescription = { size: 1, fields: 2 } as const;
export const setFieldLength = 1;

/** NFT_DATA_VERDICT, as the type of what a map holds; marks have one of `nft`'s own numbers. */
export const verdictDataType = 0xffff_ff00;
export const markDataType = 19;

export const elementListAttribute = { table: 1, set: 2, elements: 3 } as const;
export const elementAttribute = { key: 1, data: 2, flags: 3, keyEnd: 10 } as const;

export const generationAttribute = { id: 1 } as const;

/** NF_ACCEPT and its like, and those of nf_tables itself, which are negative. */
export const verdictCode = { drop: 0, accept: 1, return: -5, goto: -4, jump: -3 } as const;

/** The hooks of netfilter (linux/netfilter.h), which IPv4 and IPv6 number alike. */
export const hookNumber = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
} as const;

/** How `nft` numbers the types of keys, so that it can print them (its include/datatype.h). */
export const keyType = { ipv4: 7, ipv6: 8, protocol: 12, port: 13 } as const;

/** In a concatenation each type takes so many bits. */
export const keyTypeBits = 6;

/** NFT_REG32_00: sixteen registers of four bytes follow. */
export const firstRegister = 8;
/** NFT_REG_VERDICT. */
export const verdictRegister = 0;
