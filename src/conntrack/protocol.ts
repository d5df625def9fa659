/** The numbers of conntrack over nfnetlink (linux/netfilter/nfnetlink_conntrack.h), subsystem 1. */

export const conntrackSubsystem = 1;

export const conntrackCommand = { get: 1, delete: 2 } as const;

export const conntrackAttribute = { original: 1, reply: 2, zone: 18, filter: 25 } as const;

export const tupleAttribute = { ip: 1, protocol: 2 } as const;

export const ipAttribute = {
  IPv4: { source: 1, destination: 2 },
  IPv6: { source: 3, destination: 4 },
} as const;

export const protocolAttribute = { number: 1, sourcePort: 2, destinationPort: 3 } as const;

/** In the flags of a filter: compare the protocol alone (CTA_FILTER_FLAG(CTA_PROTO_NUM), bit 3). */
export const filterAttribute = { originalFlags: 1, replyFlags: 2 } as const;
export const filterByProtocol = 1 << 3;
