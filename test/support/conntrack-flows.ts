import type { IpFamily } from '../../src/net/ip-address.ts';
import { ip } from './cluster-objects.ts';
import { attribute } from './fake-transport.ts';

/** Flows of conntrack as the kernel lists them, written by hand. */

export interface FlowExample {
  readonly client: string;
  readonly vip: string;
  readonly port: number;
  /** Who answers; the VIP itself where there was no real server. */
  readonly server: string;
  /** 8053 where nothing is said. */
  readonly serverPort?: number;
}

const clientPort = 40_000;

/** The payload of one message of a dump; `protocol` 17 is UDP. */
export function flowPayload(family: IpFamily, flow: FlowExample, protocol = 17): Buffer {
  const { client, vip, port, server } = flow;
  const serverPort = server === vip ? port : (flow.serverPort ?? 8053);
  return Buffer.concat([
    Buffer.from([family === 'IPv4' ? 2 : 10, 0, 0, 0]),
    attribute(1, tuple(family, client, vip, clientPort, port, protocol)),
    attribute(2, tuple(family, server, client, serverPort, clientPort, protocol)),
  ]);
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
