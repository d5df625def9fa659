import type { Statistics } from '../kernel/ipvs/model.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Protocol } from '../net/protocol.ts';

const ipHeaderBytes: Readonly<Record<IpFamily, number>> = { IPv4: 20, IPv6: 40 };

/**
 * The smallest packet of a protocol, without its IP header. A reset to a new connection is as small (TCP:
 * 20, SCTP: an ABORT of 16), and what accepts one is larger: a SYN-ACK says its MSS at least (RFC 9293,
 * 3.7.1), an INIT ACK has 20 bytes and a cookie more (RFC 9260, 3.3.3). UDP accepts and refuses nothing.
 */
const smallestBytes: Readonly<Record<Protocol, number>> = { TCP: 20, SCTP: 16, UDP: 0 };

/**
 * How many of the packets in were first packets sent once more, where none was answered: a client of TCP
 * does so after a second (RFC 6298, 2.1). 0 for the others: one of UDP need not wait for an answer, and one of
 * SCTP waits for three seconds. Pure.
 */
export function repeatsIn(protocol: Protocol, { connections, packetsIn }: Statistics): number {
  return protocol === 'TCP' ? Math.max(0, packetsIn - connections) : 0;
}

/** An ICMP error's own header, before what it quotes. */
const icmpHeaderBytes = 8;

/**
 * Whether a real server has sent anything that only one which serves can send, by what was counted of it for
 * some time: else its packets were none, resets alone, or ICMP errors alone. No short, half-closed or reset
 * connection of one that serves is without such an answer: each has begun with a SYN-ACK. Pure.
 */
export function hasAnswered(protocol: Protocol, family: IpFamily, counted: Statistics): boolean {
  const { packetsOut, bytesOut } = counted;
  if (protocol === 'UDP') {
    return packetsOut > 0;
  }
  const smallest = ipHeaderBytes[family] + smallestBytes[protocol];
  return bytesOut > packetsOut * smallest && !areIcmpErrorsAlone(family, counted);
}

/**
 * Whether each packet in began a connection, and each packet out is as long as an ICMP error that quotes one
 * of these. Where any handshake was completed there is its ACK besides; and a SYN-ACK is no longer than its
 * SYN and an MSS.
 */
function areIcmpErrorsAlone(
  family: IpFamily,
  { connections, packetsIn, packetsOut, bytesIn, bytesOut }: Statistics,
): boolean {
  const more = ipHeaderBytes[family] + icmpHeaderBytes;
  return (
    packetsIn === connections &&
    packetsOut <= packetsIn &&
    bytesOut * packetsIn === packetsOut * (bytesIn + more * packetsIn)
  );
}
