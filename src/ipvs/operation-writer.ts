import type { MessageWriter } from '../netlink/message-writer.ts';
import type { IpFamily } from '../net/ip-address.ts';
import { writeOperation } from './encode.ts';
import { changeIdentity, changeRealServer, realServerMessageWords } from './message-values.ts';
import type { Operation, RealServer, VirtualServerId, VirtualServerSettings } from './model.ts';
import { RealServerCopies } from './real-server-copies.ts';

type RealServerOperation = Extract<
  Operation,
  { readonly kind: 'add real server' | 'change real server' }
>;

type NewVirtualServer = Extract<Operation, { readonly kind: 'add virtual server' }>;

/** What the messages of virtual servers with the same settings have in common. */
interface VirtualServerTemplate {
  readonly settings: VirtualServerSettings;
  readonly family: IpFamily;
  /** Made for the second one: settings that only one virtual server has need none. */
  readonly message: Uint32Array | undefined;
}

/** The message of a real server, and what it was made of. */
interface RealServerTemplate {
  readonly message: Uint32Array;
  readonly realServer: RealServer;
}

/** Real servers in their order: a Map or an array. */
export interface RealServers {
  forEach(visit: (realServer: RealServer) => void): void;
}

/** That of a real server; the one of a virtual server is shorter with any scheduler of the kernel. */
export const longestMessageBytes = realServerMessageWords * 4;

/**
 * Writes the messages of changes, as `writeOperation` does. Those of a first sync are of one shape
 * or another: the first one is written attribute by attribute, and those behind it as a copy with
 * other values. A first sync is often all that a process ever writes of them, most of it before V8
 * has compiled anything: what counts is how few steps there are for each message.
 */
export class OperationWriter {
  readonly #family: number;
  readonly #copies = new RealServerCopies();
  #virtualServer: VirtualServerTemplate | undefined;
  readonly #realServers: Record<RealServerOperation['kind'], RealServerTemplate | undefined> = {
    'add real server': undefined,
    'change real server': undefined,
  };

  /** `family` is the number that the kernel gave "IPVS". */
  constructor(family: number) {
    this.#family = family;
  }

  /** The real servers that a virtual server starts with are left to `writeRealServers`. */
  write(writer: MessageWriter, sequence: number, operation: Operation): void {
    if (operation.kind === 'add virtual server') {
      this.#writeVirtualServer(writer, sequence, operation);
    } else if (operation.kind === 'add real server' || operation.kind === 'change real server') {
      this.#writeRealServer(writer, sequence, operation);
    } else {
      writeOperation(writer, this.#family, sequence, operation);
    }
  }

  /** Writes so many real servers, which are all there are, as new ones of a virtual server. */
  writeRealServers(
    writer: MessageWriter,
    sequence: number,
    id: VirtualServerId,
    realServers: RealServers,
    count: number,
  ): void {
    const template = this.#realServers['add real server'];
    if (count === 0) {
      return;
    }
    if (id.kind === 'fwmark' || template === undefined) {
      this.#writeOneByOne(writer, sequence, id, realServers);
      return;
    }
    const at = writer.repeatMessage(template.message, sequence);
    changeIdentity(writer.words, at, id);
    writer.repeatLastMessage(count - 1);
    this.#copies.begin(writer.words, at, sequence, template.realServer);
    realServers.forEach(this.#copies.change);
  }

  #writeOneByOne(
    writer: MessageWriter,
    sequence: number,
    id: VirtualServerId,
    realServers: RealServers,
  ): void {
    let number = sequence;
    realServers.forEach((realServer) => {
      this.#writeRealServer(writer, number, { kind: 'add real server', id, realServer });
      number += 1;
    });
  }

  #writeVirtualServer(writer: MessageWriter, sequence: number, operation: NewVirtualServer): void {
    const { id, settings } = operation;
    const template = this.#virtualServer;
    if (
      id.kind === 'fwmark' ||
      template?.message === undefined ||
      template.settings !== settings ||
      template.family !== id.address.family
    ) {
      writeOperation(writer, this.#family, sequence, operation);
      if (id.kind === 'address') {
        const { family } = id.address;
        const isSecond = template?.settings === settings && template.family === family;
        const message = isSecond ? writer.copyOfLastMessage() : undefined;
        this.#virtualServer = { settings, family, message };
      }
      return;
    }
    const at = writer.repeatMessage(template.message, sequence);
    changeIdentity(writer.words, at, id);
  }

  #writeRealServer(writer: MessageWriter, sequence: number, operation: RealServerOperation): void {
    const { kind, id, realServer } = operation;
    const template = this.#realServers[kind];
    if (id.kind === 'fwmark' || template === undefined) {
      writeOperation(writer, this.#family, sequence, operation);
      if (id.kind === 'address') {
        this.#realServers[kind] = { message: writer.copyOfLastMessage(), realServer };
      }
      return;
    }
    const at = writer.repeatMessage(template.message, sequence);
    changeIdentity(writer.words, at, id);
    changeRealServer(writer.words, at, realServer);
  }
}
