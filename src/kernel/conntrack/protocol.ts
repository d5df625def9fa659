/** The numbers of conntrack over nfnetlink (linux/netfilter/nfnetlink_conntrack.h), subsystem 1. */

export const conntrackSubsystem = 1;

export const conntrackCommand = { get: 1, delete: 2 } as const;

export const conntrackAttribute = {
  original: 1,
  reply: 2,
  status: 3,
  protocolInfo: 4,
  id: 12,
  zone: 18,
  filter: 25,
  statusMask: 26,
} as const;

export const tupleAttribute = { ip: 1, protocol: 2 } as const;

export const ipAttribute = {
  IPv4: { source: 1, destination: 2 },
  IPv6: { source: 3, destination: 4 },
} as const;

export const protocolAttribute = { number: 1, sourcePort: 2, destinationPort: 3 } as const;

/** Of each protocol with states: where its state stands, and those that first packets lead to. */
export const protocolInfo = {
  TCP: { attribute: 1, state: 1, ofFirstPackets: [1] }, // SYN_SENT
  // COOKIE_WAIT; an INIT that is sent again makes it CLOSED.
  SCTP: { attribute: 3, state: 1, ofFirstPackets: [1, 2] },
} as const satisfies Record<string, ProtocolInfo>;

export interface ProtocolInfo {
  readonly attribute: number;
  readonly state: number;
  readonly ofFirstPackets: readonly number[];
}

/** In the flags of a filter: compare the protocol alone (CTA_FILTER_FLAG(CTA_PROTO_NUM), bit 3). */
export const filterAttribute = { originalFlags: 1, replyFlags: 2 } as const;
export const filterByProtocol = 1 << 3;

/** IPS_SEEN_REPLY in the status (linux/netfilter/nf_conntrack_common.h). */
export const seenReply = 1 << 1;
