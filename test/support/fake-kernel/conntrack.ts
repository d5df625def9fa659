import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import { addressBytes, endpointText, protocolName, type FamilyNumber } from './ip.ts';
import { isDump, type Request } from './request.ts';
import { attribute, AttributeReader, Refusal, u16be, u32be, u8 } from './wire.ts';

/** One direction of a flow. */
export interface Direction {
  readonly source: Buffer;
  readonly sourcePort: number;
  readonly destination: Buffer;
  readonly destinationPort: number;
}

export interface Flow {
  readonly family: FamilyNumber;
  /** UDP 17. */
  readonly protocol: number;
  readonly original: Direction;
  readonly reply: Direction;
  /** IPS_* of linux/netfilter/nf_conntrack_common.h; IPS_SEEN_REPLY 0x2. */
  readonly status: number;
  /** Of TCP and SCTP: TCP_CONNTRACK_* and SCTP_CONNTRACK_*. */
  readonly state?: number;
  /** None two flows have the same; another one comes after it at the same addresses and ports. */
  readonly id: number;
}

const [einval, erange] = [22, 34];

/**
 * conntrack over nfnetlink, as net/netfilter/nf_conntrack_netlink.c has it. The numbers are those of
 * linux/netfilter/nfnetlink_conntrack.h, by hand.
 */
export class FakeConntrack {
  readonly flows: Flow[] = [];
  /** Kernels before 5.8 list every flow, whatever is asked for; those before 5.18 look at no status. */
  filters = true;

  request(message: ReceivedMessage): Request {
    const { type, payload } = message;
    const family = payload.readUInt8(0) === 10 ? 10 : 2;
    const attributes = new AttributeReader(payload, 4, einval, erange);
    if (type === 0x101 && isDump(message)) {
      return this.#list(family, attributes);
    }
    if (type === 0x102) {
      return this.#delete(family, attributes);
    }
    throw new Refusal(einval);
  }

  /**
   * CTA_FILTER 25 says that of CTA_TUPLE_ORIG 1 the protocol (CTA_TUPLE_PROTO 2) counts, CTA_STATUS 3
   * and CTA_STATUS_MASK 26 which bits of the status are to be set and which are not.
   */
  #list(family: FamilyNumber, attributes: AttributeReader): Request {
    const protocol = attributes.has(25) ? attributes.nested(1).nested(2).u8(1) : undefined;
    const status = attributes.has(3) ? attributes.u32be(3) : 0;
    const mask = attributes.has(26) ? attributes.u32be(26) : status;
    const words = [
      mask === 2 && status === 0 ? 'unanswered' : [],
      protocol === undefined ? [] : protocolName(protocol),
      `flows of ${family === 2 ? 'IPv4' : 'IPv6'}`,
    ];
    return {
      object: 'flows',
      words: words.flat().join(' '),
      kind: 'dump',
      answerType: 0x100,
      perform: () =>
        this.flows
          .filter((flow) => flow.family === family)
          .filter((flow) => !this.filters || protocol === undefined || flow.protocol === protocol)
          .filter((flow) => !this.filters || (flow.status & mask) === status)
          .map(flowPayload),
    };
  }

  /** CTA_ID 12: that very flow, and none that has come after it. */
  #delete(family: FamilyNumber, attributes: AttributeReader): Request {
    const id = attributes.has(12) ? attributes.u32be(12) : undefined;
    const tuple = attributes.nested(1);
    const shown = flowText({ family, ...readTuple(family, tuple) });
    return {
      object: shown,
      words: `delete flow ${shown}`,
      kind: 'change',
      perform: () => {
        const at = this.flows.findIndex(
          (flow) => flowText({ ...flow, direction: flow.original }) === shown,
        );
        if (at === -1 || (id !== undefined && this.flows[at]?.id !== id)) {
          throw new Refusal(2);
        }
        this.flows.splice(at, 1);
        return undefined;
      },
    };
  }
}

/** `UDP 10.244.0.9:40000 > 10.96.0.10:53`. */
function flowText(flow: Pick<Flow, 'family' | 'protocol'> & { direction: Direction }): string {
  const { family, protocol, direction } = flow;
  const { source, sourcePort, destination, destinationPort } = direction;
  const [from, to] = [
    endpointText(family, source, sourcePort),
    endpointText(family, destination, destinationPort),
  ];
  return `${protocolName(protocol)} ${from} > ${to}`;
}

/** CTA_TUPLE_IP 1 with CTA_IP_V4_SRC 1, V4_DST 2, V6_SRC 3, V6_DST 4; CTA_PROTO_NUM 1, SRC_PORT 2, DST_PORT 3. */
function readTuple(
  family: FamilyNumber,
  tuple: AttributeReader,
): { protocol: number; direction: Direction } {
  const [ip, protocol] = [tuple.nested(1), tuple.nested(2)];
  const first = family === 2 ? 1 : 3;
  return {
    protocol: protocol.u8(1),
    direction: {
      source: ip.bytes(first, addressBytes(family)),
      sourcePort: protocol.u16be(2),
      destination: ip.bytes(first + 1, addressBytes(family)),
      destinationPort: protocol.u16be(3),
    },
  };
}

/** CTA_PROTOINFO 4 with CTA_PROTOINFO_TCP 1 or _SCTP 3, each with its state as 1. */
export function flowPayload(flow: Flow): Buffer {
  const { family, protocol, original, reply, status, state, id } = flow;
  const states =
    state === undefined
      ? []
      : [attribute(protocol === 6 ? 0x8001 : 0x8003, attribute(1, u8(state)))];
  return Buffer.concat([
    Buffer.from([family, 0, 0, 0]),
    attribute(0x8001, tuplePayload(family, protocol, original)),
    attribute(0x8002, tuplePayload(family, protocol, reply)),
    attribute(3, u32be(status)),
    ...states.map((info) => attribute(0x8004, info)),
    attribute(12, u32be(id)),
  ]);
}

export function tuplePayload(family: FamilyNumber, protocol: number, direction: Direction): Buffer {
  const { source, sourcePort, destination, destinationPort } = direction;
  const first = family === 2 ? 1 : 3;
  return Buffer.concat([
    attribute(0x8001, attribute(first, source), attribute(first + 1, destination)),
    attribute(
      0x8002,
      attribute(1, u8(protocol)),
      attribute(2, u16be(sourcePort)),
      attribute(3, u16be(destinationPort)),
    ),
  ]);
}
