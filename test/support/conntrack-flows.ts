import type { IpFamily } from '../../src/net/ip-address.ts';
import { ip } from './cluster-objects.ts';
import type { Flow } from './fake-kernel/conntrack.ts';
import { attribute } from './fake-kernel/wire.ts';

/** Flows of conntrack as the kernel lists them, written by hand. */

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

const seenReply = 2;
/** The attribute of the states of a protocol, and the state that its first packet leads to. */
const states: Readonly<Record<number, readonly [number, number]>> = { 6: [1, 1], 132: [3, 2] };
const established = 3;

const clientPort = 40_000;

/** The payload of one message of a dump; `protocol` 17 is UDP. */
export function flowPayload(family: IpFamily, flow: FlowExample, protocol = 17): Buffer {
  const { client, vip, port, server, unanswered = false } = flow;
  const serverPort = server === vip ? port : (flow.serverPort ?? 8053);
  return Buffer.concat([
    Buffer.from([family === 'IPv4' ? 2 : 10, 0, 0, 0]),
    attribute(1, tuple(family, client, vip, clientPort, port, protocol)),
    attribute(2, tuple(family, server, flow.answersTo ?? client, serverPort, clientPort, protocol)),
    attribute(3, Buffer.from([0, 0, 0, unanswered ? 0 : seenReply])),
    protocolInfo(flow, protocol),
  ]);
}

/** The state of a protocol that has some. */
function protocolInfo({ unanswered = false, state }: FlowExample, protocol: number): Buffer {
  const [infoType, firstState] = states[protocol] ?? [];
  if (infoType === undefined || firstState === undefined) {
    return Buffer.alloc(0);
  }
  const value = state ?? (unanswered ? firstState : established);
  return attribute(4, attribute(infoType, attribute(1, Buffer.from([value]))));
}

/** One direction: addresses, protocol and ports. */
export function tuple(
  family: IpFamily,
  source: string,
  destination: string,
  sourcePort: number,
  destinationPort: number,
  protocol = 17,
): Buffer {
  const [sourceType, destinationType] = family === 'IPv4' ? [1, 2] : [3, 4];
  const addresses = Buffer.concat([
    attribute(sourceType, ip(source).bytes),
    attribute(destinationType, ip(destination).bytes),
  ]);
  return Buffer.concat([
    attribute(1, addresses),
    protocolPart(sourcePort, destinationPort, protocol),
  ]);
}

/** The protocol with its ports. */
export function protocolPart(sourcePort: number, destinationPort: number, protocol = 17): Buffer {
  return attribute(
    2,
    Buffer.concat([
      attribute(1, Buffer.from([protocol])),
      attribute(2, bigEndian(sourcePort)),
      attribute(3, bigEndian(destinationPort)),
    ]),
  );
}

function bigEndian(port: number): Buffer {
  return Buffer.from([port >> 8, port & 0xff]);
}

/** A flow of UDP as the fake kernel keeps it. */
export function udpFlow({ client, vip, port, server, serverPort = 8053 }: FlowExample): Flow {
  const bytes = (text: string) => Buffer.from(ip(text).bytes);
  return {
    family: ip(vip).family === 'IPv4' ? 2 : 10,
    protocol: 17,
    original: {
      source: bytes(client),
      sourcePort: clientPort,
      destination: bytes(vip),
      destinationPort: port,
    },
    reply: {
      source: bytes(server),
      sourcePort: server === vip ? port : serverPort,
      destination: bytes(client),
      destinationPort: clientPort,
    },
  };
}
