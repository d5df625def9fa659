import type { Protocol } from '../../net/protocol.ts';
import { AttributeTable } from '../netlink/attribute-table.ts';
import { type Attributes, readAttributes } from '../netlink/message-reader.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import { beginNetfilterMessage, netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import {
  addressFamilyNumber,
  messageFlag,
  protocolNumber,
  protocolOf,
} from '../netlink/protocol.ts';
import { addressLength, IpAddress, type IpFamily } from '../../net/ip-address.ts';
import {
  conntrackAttribute,
  conntrackCommand,
  conntrackSubsystem,
  filterAttribute,
  filterByProtocol,
  ipAttribute,
  protocolAttribute,
  protocolInfo,
  type ProtocolInfo,
  seenReply,
  tupleAttribute,
} from './protocol.ts';

/** A flow that conntrack knows: a connection, a UDP exchange, or the first packet of one. */
export interface Flow {
  readonly family: IpFamily;
  readonly protocol: Protocol;
  readonly source: IpAddress;
  readonly sourcePort: number;
  /** What the client sent to. */
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** Who answers. */
  readonly answersFrom: IpAddress;
  readonly answersFromPort: number;
  /** Whom the answer goes to; not the source where that is masqueraded. */
  readonly answersTo: IpAddress;
  /** Anything but a first packet (or more of the same) that nobody has answered. */
  readonly answered: boolean;
  /** The attributes that name the flow, as the kernel gave them: they delete it. */
  readonly original: Buffer;
  readonly id: Buffer | undefined;
  readonly zone: Buffer | undefined;
}

/** Which flows are of interest. */
export interface FlowSelection {
  readonly protocols: ReadonlySet<Protocol>;
  /** The protocols whose answered flows are of interest, too. */
  readonly answered: ReadonlySet<Protocol>;
}

/**
 * Asks for the flows of a family (a dump), with as much of the selection as the kernel can see to: it
 * knows one protocol (Linux 5.8) and the flows without an answer (5.18). Older kernels overlook these
 * attributes and return every flow; `readFlow` leaves out what is of no interest.
 */
export function writeGetFlows(
  writer: MessageWriter,
  sequence: number,
  family: IpFamily,
  { protocols, answered }: FlowSelection,
): void {
  beginMessage(writer, sequence, conntrackCommand.get, messageFlag.dump, family);
  const [protocol, ...others] = protocols;
  if (protocol !== undefined && others.length === 0) {
    writer.beginNested(conntrackAttribute.original);
    writer.beginNested(tupleAttribute.protocol);
    writer.attributeU8(protocolAttribute.number, protocolNumber[protocol]);
    writer.endNested();
    writer.endNested();
    writer.beginNested(conntrackAttribute.filter);
    writer.attributeU32(filterAttribute.originalFlags, filterByProtocol);
    writer.attributeU32(filterAttribute.replyFlags, 0);
    writer.endNested();
  }
  if (answered.size === 0) {
    writer.attributeBytes(conntrackAttribute.status, bigEndian(0));
    writer.attributeBytes(conntrackAttribute.statusMask, bigEndian(seenReply));
  }
  writer.endMessage();
}

/** Asks to delete this very flow: one that has taken its place meanwhile has another id. */
export function writeDeleteFlow(writer: MessageWriter, sequence: number, flow: Flow): void {
  beginMessage(writer, sequence, conntrackCommand.delete, 0, flow.family);
  writer.attributeBytes(conntrackAttribute.original | nested, flow.original);
  if (flow.id !== undefined) {
    writer.attributeBytes(conntrackAttribute.id, flow.id);
  }
  if (flow.zone !== undefined) {
    writer.attributeBytes(conntrackAttribute.zone, flow.zone);
  }
  writer.endMessage();
}

const nested = 0x8000;

const flowTable = new AttributeTable(conntrackAttribute.statusMask);

/**
 * Reads one flow of a dump; undefined where it is of no interest. Throws MalformedMessageError. Most
 * flows of a node are answered: such a one costs a look at its status where only others matter.
 */
export function readFlow(
  payload: Buffer,
  family: IpFamily,
  selection: FlowSelection,
): Flow | undefined {
  flowTable.read(payload, netfilterHeaderLength, payload.length);
  const hasReply = (readU32(conntrackAttribute.status) & seenReply) !== 0;
  if (hasReply && selection.answered.size === 0) {
    return undefined;
  }
  const original = valueOf(payload, conntrackAttribute.original);
  const reply = valueOf(payload, conntrackAttribute.reply);
  if (original === undefined || reply === undefined) {
    return undefined;
  }
  const sent = readTuple(original, family);
  if (sent === undefined || !selection.protocols.has(sent.protocol)) {
    return undefined;
  }
  const { protocol } = sent;
  const info = valueOf(payload, conntrackAttribute.protocolInfo);
  const answered = hasReply || !isFirstPacket(protocol, info);
  if (answered && !selection.answered.has(protocol)) {
    return undefined;
  }
  const answer = readTuple(reply, family);
  return answer === undefined
    ? undefined
    : {
        family,
        protocol,
        source: sent.source,
        sourcePort: sent.sourcePort,
        destination: sent.destination,
        destinationPort: sent.destinationPort,
        answersFrom: answer.source,
        answersFromPort: answer.sourcePort,
        answersTo: answer.destination,
        answered,
        // The payload is gone after the next one.
        original: Buffer.from(original),
        id: copyOf(payload, conntrackAttribute.id),
        zone: copyOf(payload, conntrackAttribute.zone),
      };
}

/**
 * Whether a flow that has seen no reply is where its first packet has left it. One that conntrack has
 * picked up in its midst is established, whatever was seen of it.
 */
function isFirstPacket(protocol: Protocol, info: Buffer | undefined): boolean {
  if (protocol === 'UDP') {
    return true;
  }
  const { attribute, state, ofFirstPackets }: ProtocolInfo = protocolInfo[protocol];
  const states = readAttributes(readAttributes(info ?? nothing).get(attribute) ?? nothing);
  const [current] = states.get(state) ?? nothing;
  return current !== undefined && ofFirstPackets.includes(current);
}

function valueOf(payload: Buffer, type: number): Buffer | undefined {
  if (!flowTable.has(type)) {
    return undefined;
  }
  const start = flowTable.start(type, 0);
  return payload.subarray(start, start + flowTable.length(type));
}

function copyOf(payload: Buffer, type: number): Buffer | undefined {
  const value = valueOf(payload, type);
  return value === undefined ? undefined : Buffer.from(value);
}

/** A number in network order; 0 where it is missing. */
function readU32(type: number): number {
  return flowTable.has(type) ? flowTable.u32be(type) : 0;
}

function readTuple(tuple: Buffer, family: IpFamily) {
  const parts = readAttributes(tuple);
  const addresses = readAttributes(parts.get(tupleAttribute.ip) ?? nothing);
  const ports = readAttributes(parts.get(tupleAttribute.protocol) ?? nothing);
  const protocol = protocolOf(ports.get(protocolAttribute.number)?.[0] ?? 0);
  if (protocol === undefined) {
    return undefined;
  }
  const source = readIp(addresses, ipAttribute[family].source, family);
  const destination = readIp(addresses, ipAttribute[family].destination, family);
  const sourcePort = readPort(ports, protocolAttribute.sourcePort);
  const destinationPort = readPort(ports, protocolAttribute.destinationPort);
  return source === undefined || destination === undefined
    ? undefined
    : { protocol, source, destination, sourcePort, destinationPort };
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

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
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
