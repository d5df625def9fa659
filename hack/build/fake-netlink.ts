import fs from 'node:fs';
import { constants } from 'node:os';
import {
  linkAttribute,
  linkInfoAttribute,
  routeMessage,
  vipLinkName,
} from '../../src/kernel/vip-link/protocol.ts';
import { ipsetCommand, messageAttribute } from '../../src/kernel/ipset/protocol.ts';
import { command, commandAttribute, infoAttribute } from '../../src/kernel/ipvs/protocol.ts';
import { controller, controllerAttribute } from '../../src/kernel/netlink/generic-family.ts';
import { readMessages, type ReceivedMessage } from '../../src/kernel/netlink/message-reader.ts';
import { MessageWriter } from '../../src/kernel/netlink/message-writer.ts';
import {
  messageFlag,
  messageHeaderLength,
  messageType,
  netlinkProtocol,
} from '../../src/kernel/netlink/protocol.ts';

/**
 * In the place of the netlink binding: a kernel that takes whatever it is told, and holds nothing but
 * the link of the VIPs. By it the program runs as on a node where no node is, and touches nothing.
 * Answers which protocols have brought real servers, set entries and addresses, as they come.
 */
export function installFakeNetlink(): ReadonlySet<number> {
  process.dlopen = (module) => {
    // What a binding fills in.
    (module as { exports: object }).exports = { NativeNetlink: FakeNetlink };
  };
  const { openSync } = fs;
  fs.openSync = (path, ...options) =>
    openSync(path === '/proc/net/ip_vs' ? '/dev/null' : path, ...options);
  return filled;
}

const filled = new Set<number>();

/** Numbers that a kernel gives as it likes. */
const numbers = { family: 30, link: 5, revision: 3, receiveBuffer: 425_984 } as const;

type Receive = (
  datagram: Buffer,
  sender: { readonly port: number; readonly groups: number },
) => void;

/** The methods of the binding's sockets that the program calls. */
class FakeNetlink {
  readonly #protocol: number;
  readonly #receive: Receive;
  #isOpen = true;

  constructor(protocol: number, _messageBuffer: number, receive: Receive) {
    this.#protocol = protocol;
    this.#receive = receive;
  }

  bind(): void {
    // Any port is right.
  }

  setRecvBufferSize(): void {
    // It stays as it is.
  }

  setSendBufferSize(): void {
    // The same.
  }

  getRecvBufferSize(): number {
    return numbers.receiveBuffer;
  }

  send(_port: number, _groups: number, datagram: Buffer, sent: () => void): void {
    const answers = readMessages(datagram).flatMap((message) => answersTo(this.#protocol, message));
    setImmediate(() => {
      sent();
      for (const answer of answers) {
        if (this.#isOpen) {
          this.#receive(answer, { port: 0, groups: 0 });
        }
      }
    });
  }

  close(): void {
    this.#isOpen = false;
  }
}

/** Each a datagram of its own. */
function answersTo(protocol: number, message: ReceivedMessage): readonly Buffer[] {
  if ((message.flags & messageFlag.dump) === messageFlag.dump) {
    const items = message.type === routeMessage.getLink ? [writeVipLink] : [];
    return [...items, writeDone].map((write) => written(write, message));
  }
  const answer = answerOf(protocol, message);
  if (isRow(protocol, message)) {
    filled.add(protocol);
  }
  const acknowledged = (message.flags & messageFlag.ack) === 0 ? [] : [writeAck];
  return [...(answer === undefined ? [] : [answer]), ...acknowledged].map((write) =>
    written(write, message),
  );
}

function isRow(protocol: number, { type, payload }: ReceivedMessage): boolean {
  switch (protocol) {
    case netlinkProtocol.generic:
      return payload[0] === command.newDestination;
    case netlinkProtocol.netfilter:
      return (type & 0xff) === ipsetCommand.add;
    default:
      return type === routeMessage.newAddress;
  }
}

type Write = (writer: MessageWriter, message: ReceivedMessage) => void;

function answerOf(protocol: number, { type, payload }: ReceivedMessage): Write | undefined {
  if (protocol === netlinkProtocol.netfilter && (type & 0xff) === ipsetCommand.type) {
    return writeRevision;
  }
  if (protocol !== netlinkProtocol.generic) {
    return undefined;
  }
  if (type === controller.family) {
    return writeFamily;
  }
  return genericAnswers[payload[0] ?? 0];
}

const writeFamily: Write = (writer, { sequence }) => {
  beginGeneric(writer, controller.family, controller.newFamily, sequence);
  writer.attributeU16(controllerAttribute.familyId, numbers.family);
  writer.endMessage();
};

const writeInfo: Write = (writer, { sequence }) => {
  beginGeneric(writer, numbers.family, command.getInfo, sequence);
  writer.attributeU32(infoAttribute.version, 0x01_02_01);
  writer.attributeU32(infoAttribute.connectionTableSize, 4096);
  writer.endMessage();
};

const writeTimeouts: Write = (writer, { sequence }) => {
  beginGeneric(writer, numbers.family, command.getConfig, sequence);
  const { timeoutTcp, timeoutTcpFin, timeoutUdp } = commandAttribute;
  for (const type of [timeoutTcp, timeoutTcpFin, timeoutUdp]) {
    writer.attributeU32(type, 120);
  }
  writer.endMessage();
};

function beginGeneric(writer: MessageWriter, type: number, number: number, sequence: number): void {
  writer.beginMessage(type, 0, sequence);
  writer.u32(number);
}

const writeRevision: Write = (writer, { type, sequence }) => {
  writer.beginMessage(type, 0, sequence);
  // nfgenmsg
  writer.u32(0);
  writer.attributeU8(messageAttribute.revision, numbers.revision);
  writer.endMessage();
};

const writeVipLink: Write = (writer, { sequence }) => {
  writer.beginMessage(routeMessage.newLink, messageFlag.multi, sequence);
  // ifinfomsg
  for (const word of [0, numbers.link, 0, 0]) {
    writer.u32(word);
  }
  writer.attributeString(linkAttribute.name, vipLinkName);
  writer.beginNested(linkAttribute.linkInfo);
  writer.attributeString(linkInfoAttribute.kind, 'dummy');
  writer.endNested();
  writer.endMessage();
};

const writeDone: Write = (writer, { sequence }) => {
  writer.beginMessage(messageType.done, messageFlag.multi, sequence);
  writer.u32(0);
  writer.endMessage();
};

const writeAck: Write = (writer, message) => {
  writeError(writer, message, 0);
};

const writeAbsent: Write = (writer, message) => {
  writeError(writer, message, constants.errno.ESRCH);
};

/** The number of an error, and the header of what it answers; 0 is an ACK. */
function writeError(writer: MessageWriter, message: ReceivedMessage, number: number): void {
  const { type, flags, sequence } = message;
  writer.beginMessage(messageType.error, 0, sequence);
  for (const word of [-number, messageHeaderLength, type | (flags << 16), sequence, 0]) {
    writer.u32(word);
  }
  writer.endMessage();
}

/** By the command; all others are changes. */
const genericAnswers: Readonly<Record<number, Write>> = {
  [command.getInfo]: writeInfo,
  [command.getConfig]: writeTimeouts,
  [command.getService]: writeAbsent,
};

function written(write: Write, message: ReceivedMessage): Buffer {
  const writer = new MessageWriter();
  write(writer, message);
  // As the binding's: with memory of its own, which the receiver may give back.
  const answer = Buffer.allocUnsafeSlow(writer.length);
  writer.bytes().copy(answer);
  return answer;
}
