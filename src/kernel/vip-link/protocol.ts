/** The numbers of rtnetlink that concern links and addresses (linux/rtnetlink.h, if_addr.h, if_link.h). */

export const routeMessage = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
} as const;

export const linkAttribute = { name: 3, linkInfo: 18, alias: 20 } as const;
export const linkInfoAttribute = { kind: 1 } as const;
export const linkFlag = { up: 0x1, noArp: 0x80 } as const;

export const addressAttribute = {
  address: 1,
  local: 2,
  cacheInfo: 6,
  flags: 8,
  routePriority: 9,
} as const;

export const addressFlag = {
  /** IPv6: usable at once, without asking the neighbours whether they have it too. */
  noDuplicateDetection: 0x02,
  /** IPv6: a source only where there is no other (RFC 6724, rule 3). */
  deprecated: 0x20,
  /** It has no end. */
  permanent: 0x80,
  /** IPv6: no route to the prefix beside the local one. */
  noPrefixRoute: 0x200,
} as const;

/** struct ifinfomsg: family u8, padding u8, type u16, index u32, flags u32, change u32. */
export const linkHeaderLength = 16;

/**
 * RT_SCOPE_LINK. Where the interface of an IPv4 route has no address, the kernel takes the first one
 * of all interfaces as the source, but none of this scope (`inet_select_addr`, net/ipv4/devinet.c).
 * The local route of an address, and ARP, are the same with it (`arp_ignore` 3 minds `host` alone).
 */
export const linkScope = 253;
export const globalScope = 0;

/** A lifetime without an end, in seconds. */
export const forever = 0xffff_ffff;

/** struct ifaddrmsg: family u8, prefix length u8, flags u8, scope u8, index u32. */
export const addressHeaderLength = 8;

/** The dummy link that holds the VIPs; the name is kube-proxy's, so that one takes over from the other. */
export const vipLinkName = 'kube-ipvs0';

/** The alias of a link that kube-ipvs has made, and may delete. */
export const vipLinkAlias = 'made by kube-ipvs';

/**
 * The metric of the addresses that kube-ipvs has bound: by it they are told from foreign
 * ones, also after a restart. A single-host address has no prefix route that the metric could
 * change. Kept by the kernel since 4.18 for both families (IFA_PROTO, made for such marks,
 * only since 5.18).
 */
export const ownedMetric = 27_497;
