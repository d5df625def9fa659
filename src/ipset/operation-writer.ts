import { swap16, swap32 } from '../netlink/byte-order.ts';
import type { OperationWriter } from '../netlink/execute-operations.ts';
import type { MessageWriter } from '../netlink/message-writer.ts';
import { protocolNumber } from '../netlink/protocol.ts';
import { writeSetOperation } from './encode.ts';
import type { IpSet, SetEntry, SetOperation } from './model.ts';

/** Entries that nearly all sets are full of. */
type PlainEntry = Extract<SetEntry, { readonly kind: 'address' | 'endpoint' }>;

/** A message that adds an entry, to be copied for others of its set and kind. */
interface Template {
  readonly set: IpSet;
  readonly kind: PlainEntry['kind'];
  readonly message: Uint32Array;
}

/**
 * Writes the messages of changes, as `writeSetOperation` does. A first sync adds two entries for
 * each Service: those of IPv4 addresses are copies of the first one of their set, with other values.
 */
export class SetOperationWriter implements OperationWriter<SetOperation> {
  /** That of an IPv4 endpoint in a set with a name of 20 letters. */
  readonly messageBytes = 88;
  /** By the name of the set. */
  readonly #templates = new Map<string, Template>();

  write(writer: MessageWriter, sequence: number, operation: SetOperation): void {
    const { kind, set, entry } = operation;
    if (kind !== 'add entry' || !isPlain(entry)) {
      writeSetOperation(writer, sequence, operation);
      return;
    }
    const template = this.#templates.get(set.name);
    if (template?.set !== set || template.kind !== entry.kind) {
      writeSetOperation(writer, sequence, operation);
      const message = writer.copyOfLastMessage();
      this.#templates.set(set.name, { set, kind: entry.kind, message });
      return;
    }
    const { message } = template;
    const at = writer.repeatMessage(message, sequence);
    const { words } = writer;
    // The values are the last attributes of the message: a word each, but for their headers.
    const end = at + message.length;
    if (entry.kind === 'address') {
      words[end - 1] = swap32(entry.address.word0);
    } else {
      words[end - 5] = swap32(entry.address.word0);
      words[end - 3] = protocolNumber[entry.protocol];
      words[end - 1] = swap16(entry.port);
    }
  }
}

function isPlain(entry: SetEntry): entry is PlainEntry {
  return (entry.kind === 'address' || entry.kind === 'endpoint') && entry.address.family === 'IPv4';
}
