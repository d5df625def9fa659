import type { MessageWriter } from '../netlink/message-writer.ts';
import { addressFamilyNumber, protocolNumber } from '../netlink/protocol.ts';
import { swap16, swap32 } from '../netlink/byte-order.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { writeOperation } from './encode.ts';
import type { Operation, RealServer, VirtualServerId } from './model.ts';
import { forwardingMethods } from './protocol.ts';

type RealServerOperation = Extract<
  Operation,
  { readonly kind: 'add real server' | 'change real server' }
>;

/** Where the values stand in the message of a real server, in words of 32 bits. */
const place = {
  sequence: 2,
  virtualServer: { family: 7, protocol: 9, address: 11, port: 16 },
  realServer: {
    family: 19,
    address: 21,
    port: 26,
    method: 28,
    weight: 30,
    upperThreshold: 32,
    lowerThreshold: 34,
  },
} as const;

/**
 * Writes the messages of changes, as `writeOperation` does. Five of six messages of a first sync
 * add a real server, and these are all of one shape: the first one is written attribute by
 * attribute, and those behind it as a copy with other values, in a fifth of the time.
 */
export class OperationWriter {
  readonly #family: number;
  readonly #templates: Record<RealServerOperation['kind'], Uint32Array | undefined> = {
    'add real server': undefined,
    'change real server': undefined,
  };

  /** `family` is the number that the kernel gave "IPVS". */
  constructor(family: number) {
    this.#family = family;
  }

  /** The real servers that a virtual server starts with are left to `writeRealServer`. */
  write(writer: MessageWriter, sequence: number, operation: Operation): void {
    if (operation.kind === 'add real server' || operation.kind === 'change real server') {
      const { kind, id, realServer } = operation;
      this.writeRealServer(writer, sequence, kind, id, realServer);
    } else {
      writeOperation(writer, this.#family, sequence, operation);
    }
  }

  writeRealServer(
    writer: MessageWriter,
    sequence: number,
    kind: RealServerOperation['kind'],
    id: VirtualServerId,
    values: RealServer,
  ): void {
    const template = id.kind === 'address' ? this.#templates[kind] : undefined;
    if (id.kind === 'fwmark' || template === undefined) {
      writeOperation(writer, this.#family, sequence, { kind, id, realServer: values });
      this.#templates[kind] ??= id.kind === 'fwmark' ? undefined : writer.copyOfLastMessage();
      return;
    }
    const at = writer.repeatMessage(template);
    const { words } = writer;
    words[at + place.sequence] = sequence;
    const { virtualServer, realServer } = place;
    words[at + virtualServer.family] = addressFamilyNumber[id.address.family];
    words[at + virtualServer.protocol] = protocolNumber[id.protocol];
    writeAddress(words, at + virtualServer.address, id.address);
    words[at + virtualServer.port] = swap16(id.port);
    words[at + realServer.family] = addressFamilyNumber[values.address.family];
    writeValues(words, at, values);
  }
}

function writeValues(words: Uint32Array, at: number, values: RealServer): void {
  const { realServer } = place;
  writeAddress(words, at + realServer.address, values.address);
  words[at + realServer.port] = swap16(values.port);
  words[at + realServer.method] = forwardingMethods.indexOf(values.method);
  words[at + realServer.weight] = values.weight;
  words[at + realServer.upperThreshold] = values.upperThreshold ?? 0;
  words[at + realServer.lowerThreshold] = values.lowerThreshold ?? 0;
}

function writeAddress(words: Uint32Array, at: number, address: IpAddress): void {
  words[at] = swap32(address.word0);
  words[at + 1] = swap32(address.word1);
  words[at + 2] = swap32(address.word2);
  words[at + 3] = swap32(address.word3);
}
