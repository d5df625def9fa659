import { ip } from './cluster-objects.ts';
import { flowPayload, type Direction, type Flow } from './fake-kernel/conntrack.ts';

/** Flows of conntrack as the kernel keeps and lists them. */

export interface FlowExample {
  readonly client: string;
  readonly vip: string;
  readonly port: number;
  /** Who answers; the VIP itself where there was no real server. */
  readonly server: string;
  /** 8053 where nothing is said. */
  readonly serverPort?: number;
  /** Whom the answer goes to; the client where nothing is said. */
  readonly answersTo?: string;
  /** Nothing but its first packet was seen; else it is answered. */
  readonly unanswered?: boolean;
  /** The number of its state, for TCP and SCTP; that of a first packet where it is unanswered. */
  readonly state?: number;
}

export const protocolNumber = { TCP: 6, UDP: 17, SCTP: 132 } as const;
/** IPS_SEEN_REPLY. */
const seenReply = 2;
/** The state that the first packet of a protocol leads to. */
const firstState: Readonly<Record<number, number>> = { 6: 1, 132: 2 };
const established = 3;

const clientPort = 40_000;
let flows = 0;

/** As the kernel keeps it. */
export function flowIn(example: FlowExample, protocol: number = protocolNumber.UDP): Flow {
  const { client, vip, port, server, unanswered = false } = example;
  const serverPort = server === vip ? port : (example.serverPort ?? 8053);
  const first = firstState[protocol];
  const state = example.state ?? (unanswered ? first : established);
  flows += 1;
  return {
    family: ip(vip).family === 'IPv4' ? 2 : 10,
    protocol,
    original: direction(client, clientPort, vip, port),
    reply: direction(server, serverPort, example.answersTo ?? client, clientPort),
    status: unanswered ? 0 : seenReply,
    ...(first === undefined || state === undefined ? {} : { state }),
    id: 0x7000_0000 + flows,
  };
}

/** The payload of one message of a dump. */
export function listed(example: FlowExample, protocol?: number): Buffer {
  return flowPayload(flowIn(example, protocol));
}

/** From an address and port to another. */
export function direction(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
): Direction {
  const bytes = (text: string) => Buffer.from(ip(text).bytes);
  return { source: bytes(source), sourcePort, destination: bytes(destination), destinationPort };
}
