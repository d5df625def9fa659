import { chainAttribute, nftMessage } from './protocol.ts';
import { beginNftMessage, type WriteNftMessage } from './write-ruleset.ts';

/** Deletes a chain of a table of the family inet with its rules; another rule that leads to it refuses that. */
export function deleteChainMessage(table: string, chain: string): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.deleteChain);
    writer.attributeString(chainAttribute.table, table);
    writer.attributeString(chainAttribute.name, chain);
    writer.endMessage();
  };
}
