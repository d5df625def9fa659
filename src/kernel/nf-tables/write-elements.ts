import { messageFlag } from '../netlink/protocol.ts';
import type { NftElement } from './element.ts';
import { elementAttribute, elementListAttribute, listElement, nftMessage } from './protocol.ts';
import { writeValue, writeVerdict } from './write-expression.ts';
import { beginNftMessage, type WriteNftMessage } from './write-ruleset.ts';

/** Adds elements of one set, or deletes them, by one message: the kernel takes all of them or none. */
export function elementsMessage(
  how: 'add' | 'delete',
  table: string,
  elements: readonly NftElement[],
): WriteNftMessage {
  return (writer, sequence) => {
    const isAddition = how === 'add';
    const command = isAddition ? nftMessage.newElement : nftMessage.deleteElement;
    beginNftMessage(writer, sequence, command, isAddition ? messageFlag.create : 0);
    writer.attributeString(elementListAttribute.table, table);
    writer.attributeString(elementListAttribute.set, elements[0]?.set ?? '');
    writer.beginNested(elementListAttribute.elements);
    for (const { key, keyEnd, verdict, mark } of elements) {
      writer.beginNested(listElement);
      writeValue(writer, elementAttribute.key, key);
      if (keyEnd !== undefined) {
        writeValue(writer, elementAttribute.keyEnd, keyEnd);
      }
      if (isAddition && verdict !== undefined) {
        writeVerdict(writer, elementAttribute.data, verdict);
      }
      if (isAddition && mark !== undefined) {
        writeValue(writer, elementAttribute.data, markBytes(mark));
      }
      writer.endNested();
    }
    writer.endNested();
    writer.endMessage();
  };
}

/** In the byte order of the machine: little endian on all that are built for. */
function markBytes(mark: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(mark);
  return bytes;
}

/** Asks for all elements of a set (a dump). */
export function listElementsMessage(table: string, set: string): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.getElement, messageFlag.dump);
    writer.attributeString(elementListAttribute.table, table);
    writer.attributeString(elementListAttribute.set, set);
    writer.endMessage();
  };
}
