import { type Attributes, readAttributes } from '../netlink/message-reader.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import { beginNetfilterMessage, netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import { addressFamilyNumber, messageFlag, protocolNumber } from '../netlink/protocol.ts';
import { addressLength, IpAddress, type IpFamily } from '../net/ip-address.ts';
import {
  conntrackAttribute,
  conntrackCommand,
  conntrackSubsystem,
  filterAttribute,
  filterByProtocol,
  ipAttribute,
  protocolAttribute,
  tupleAttribute,
} from './protocol.ts';

/** A UDP flow that conntrack knows. */
export interface UdpFlow {
  readonly family: IpFamily;
  /** What the client sent to. */
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** Who answers. */
  readonly answersFrom: IpAddress;
  readonly answersFromPort: number;
  /** The attributes that name the flow, as the kernel gave them: they delete it. */
  readonly original: Buffer;
  readonly zone: Buffer | undefined;
}

/**
 * Asks for all UDP flows of a family (a dump). Kernels before 5.8 do not filter and answer
 * with every flow: `readUdpFlow` leaves those of other protocols out.
 */
export function writeGetUdpFlows(writer: MessageWriter, sequence: number, family: IpFamily): void {
  beginMessage(writer, sequence, conntrackCommand.get, messageFlag.dump, family);
  writer.beginNested(conntrackAttribute.original);
  writer.beginNested(tupleAttribute.protocol);
  writer.attributeU8(protocolAttribute.number, protocolNumber.UDP);
  writer.endNested();
  writer.endNested();
  writer.beginNested(conntrackAttribute.filter);
  writer.attributeU32(filterAttribute.originalFlags, filterByProtocol);
  writer.attributeU32(filterAttribute.replyFlags, 0);
  writer.endNested();
  writer.endMessage();
}

export function writeDeleteFlow(writer: MessageWriter, sequence: number, flow: UdpFlow): void {
  beginMessage(writer, sequence, conntrackCommand.delete, 0, flow.family);
  writer.attributeBytes(conntrackAttribute.original | nested, flow.original);
  if (flow.zone !== undefined) {
    writer.attributeBytes(conntrackAttribute.zone, flow.zone);
  }
  writer.endMessage();
}

const nested = 0x8000;

/** Reads one flow of a dump; undefined where it is not UDP. Raises MalformedMessageError. */
export function readUdpFlow(payload: Buffer, family: IpFamily): UdpFlow | undefined {
  const attributes = readAttributes(payload, netfilterHeaderLength);
  const original = attributes.get(conntrackAttribute.original);
  const reply = attributes.get(conntrackAttribute.reply);
  if (original === undefined || reply === undefined) {
    return undefined;
  }
  const sent = readTuple(original, family);
  const answer = readTuple(reply, family);
  return sent === undefined || answer === undefined
    ? undefined
    : {
        family,
        destination: sent.destination,
        destinationPort: sent.destinationPort,
        answersFrom: answer.source,
        answersFromPort: answer.sourcePort,
        original,
        zone: attributes.get(conntrackAttribute.zone),
      };
}

function readTuple(tuple: Buffer, family: IpFamily) {
  const parts = readAttributes(tuple);
  const addresses = readAttributes(parts.get(tupleAttribute.ip) ?? nothing);
  const protocol = readAttributes(parts.get(tupleAttribute.protocol) ?? nothing);
  if (protocol.get(protocolAttribute.number)?.[0] !== protocolNumber.UDP) {
    return undefined;
  }
  const source = readIp(addresses, ipAttribute[family].source, family);
  const destination = readIp(addresses, ipAttribute[family].destination, family);
  const sourcePort = readPort(protocol, protocolAttribute.sourcePort);
  const destinationPort = readPort(protocol, protocolAttribute.destinationPort);
  return source === undefined || destination === undefined
    ? undefined
    : { source, destination, sourcePort, destinationPort };
}

const nothing = Buffer.alloc(0);

function readIp(attributes: Attributes, type: number, family: IpFamily): IpAddress | undefined {
  const value = attributes.get(type);
  return value?.length === addressLength(family) ? IpAddress.fromBytes(family, value) : undefined;
}

function readPort(attributes: Attributes, type: number): number {
  const value = attributes.get(type);
  return value?.length === 2 ? value.readUInt16BE(0) : 0;
}

function beginMessage(
  writer: MessageWriter,
  sequence: number,
  command: number,
  flags: number,
  family: IpFamily,
): void {
  beginNetfilterMessage(
    writer,
    sequence,
    { subsystem: conntrackSubsystem, command },
    flags,
    addressFamilyNumber[family],
  );
}
