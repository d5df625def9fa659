import type { MessageWriter } from '../netlink/message-writer.ts';
import { beginNetfilterMessage } from '../netlink/netfilter-message.ts';
import { messageFlag } from '../netlink/protocol.ts';
import { numberOfFamily, type NftFamily } from './family.ts';
import {
  chainAttribute,
  hookAttribute,
  hookNumber,
  inetFamily,
  keyType as typeNumber,
  keyTypeBits,
  listElement,
  markDataType,
  nftMessage,
  nftSubsystem,
  ruleAttribute,
  setAttribute,
  setDescription,
  setFieldLength,
  setFlag,
  tableAttribute,
  verdictCode,
  verdictDataType,
} from './protocol.ts';
import {
  lengthOfPart,
  paddedLengthOfPart,
  type KeyPart,
  type NftChain,
  type NftRule,
  type NftRuleset,
  type NftSet,
} from './ruleset.ts';
import { writeExpression } from './write-expression.ts';

/** What a set is, by the numbers of `setFlag` and `keyType`. */
export interface SetHeader {
  readonly name: string;
  readonly flags: number;
  readonly keyType: number;
  readonly keyLength: number;
}

/** Writes one message of a transaction; gives it its sequence number. */
export type WriteNftMessage = (writer: MessageWriter, sequence: number) => void;

/** Begins a message about something in a table, of the family inet where no other is named. */
export function beginNftMessage(
  writer: MessageWriter,
  sequence: number,
  command: number,
  flags = 0,
  family = inetFamily,
): void {
  beginNetfilterMessage(writer, sequence, { subsystem: nftSubsystem, command }, flags, family);
}

/** Makes a table, or takes it up where it is there; `flags` of `tableFlag`. */
export function tableMessage(table: string, flags: number, comment = ''): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.newTable, messageFlag.create);
    writer.attributeString(tableAttribute.name, table);
    writer.attributeU32be(tableAttribute.flags, flags);
    if (comment !== '') {
      writer.attributeBytes(tableAttribute.userData, commentData(comment));
    }
    writer.endMessage();
  };
}

/** Deletes a table with all that is in it. */
export function deleteTableMessage(table: string, family: NftFamily = 'inet'): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.deleteTable, 0, numberOfFamily(family));
    writer.attributeString(tableAttribute.name, table);
    writer.endMessage();
  };
}

/**
 * Makes the sets and chains where they are missing, and the rules anew. A set that is there with
 * another key refuses the transaction with EEXIST.
 */
export function rulesetMessages({ table, sets, chains }: NftRuleset): readonly WriteNftMessage[] {
  return [
    ...sets.map((set, index) => setMessage(table, set, index + 1)),
    ...chains.map((chain) => chainMessage(table, chain)),
    ...chains.map(({ name }) => flushMessage(table, name)),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => ruleMessage(table, name, rule))),
  ];
}

function setMessage(table: string, set: NftSet, id: number): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.newSet, messageFlag.create);
    writer.attributeString(setAttribute.table, table);
    const { name, flags, keyType, keyLength } = setHeaderOf(set);
    writer.attributeString(setAttribute.name, name);
    writer.attributeU32be(setAttribute.flags, flags);
    writer.attributeU32be(setAttribute.keyType, keyType);
    writer.attributeU32be(setAttribute.keyLength, keyLength);
    if (set.kind !== 'set') {
      const [type, length] = set.kind === 'mark map' ? [markDataType, 4] : [verdictDataType, 16];
      writer.attributeU32be(setAttribute.dataType, type);
      writer.attributeU32be(setAttribute.dataLength, length);
    }
    // Of this transaction alone; the kernel demands it.
    writer.attributeU32be(setAttribute.id, id);
    if (set.ranges && set.key.length > 1) {
      writeFields(writer, set.key);
    }
    writer.endMessage();
  };
}

/** The numbers by which the kernel shows what a set is. */
export function setHeaderOf(set: NftSet): SetHeader {
  return {
    name: set.name,
    flags: flagsOf(set),
    keyType: keyTypeOf(set.key),
    keyLength: keyLengthOf(set.key),
  };
}

function flagsOf({ kind, ranges, key }: NftSet): number {
  return (
    (kind === 'set' ? 0 : setFlag.map) |
    (ranges ? setFlag.interval : 0) |
    (ranges && key.length > 1 ? setFlag.concatenated : 0)
  );
}

function keyTypeOf(key: readonly KeyPart[]): number {
  return key.reduce((type, part) => (type << keyTypeBits) | typeNumber[keyTypeName(part)], 0);
}

function keyTypeName(part: KeyPart): keyof typeof typeNumber {
  switch (part) {
    case 'IPv4':
      return 'ipv4';
    case 'IPv6':
      return 'ipv6';
    default:
      return part;
  }
}

/** A key of one part is as long as that; the parts of several are padded. */
function keyLengthOf(key: readonly KeyPart[]): number {
  const [first] = key;
  return key.length === 1 && first !== undefined
    ? lengthOfPart(first)
    : key.reduce((length, part) => length + paddedLengthOfPart(part), 0);
}

/** How long each part of a concatenation with ranges is, padding not counted. */
function writeFields(writer: MessageWriter, key: readonly KeyPart[]): void {
  writer.beginNested(setAttribute.description);
  writer.beginNested(setDescription.fields);
  for (const part of key) {
    writer.beginNested(listElement);
    writer.attributeU32be(setFieldLength, lengthOfPart(part));
    writer.endNested();
  }
  writer.endNested();
  writer.endNested();
}

function chainMessage(table: string, { name, hook }: NftChain): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.newChain, messageFlag.create);
    writer.attributeString(chainAttribute.table, table);
    writer.attributeString(chainAttribute.name, name);
    if (hook !== undefined) {
      writer.beginNested(chainAttribute.hook);
      writer.attributeU32be(hookAttribute.number, hookNumber[hook.hook]);
      writer.attributeU32be(hookAttribute.priority, hook.priority);
      writer.endNested();
      writer.attributeU32be(chainAttribute.policy, verdictCode.accept);
      writer.attributeString(chainAttribute.type, hook.type);
    }
    writer.endMessage();
  };
}

/** Deletes all rules of a chain. */
function flushMessage(table: string, chain: string): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.deleteRule);
    writer.attributeString(ruleAttribute.table, table);
    writer.attributeString(ruleAttribute.chain, chain);
    writer.endMessage();
  };
}

function ruleMessage(table: string, chain: string, { expressions }: NftRule): WriteNftMessage {
  return (writer, sequence) => {
    beginNftMessage(writer, sequence, nftMessage.newRule, messageFlag.create | messageFlag.append);
    writer.attributeString(ruleAttribute.table, table);
    writer.attributeString(ruleAttribute.chain, chain);
    writer.beginNested(ruleAttribute.expressions);
    for (const expression of expressions) {
      writeExpression(writer, expression);
    }
    writer.endNested();
    writer.endMessage();
  };
}

/** As nft writes a comment: NFTNL_UDATA_TABLE_COMMENT (0), the length, the text with its closing zero. */
function commentData(comment: string): Uint8Array {
  const text = Buffer.from(`${comment}\0`, 'latin1');
  return Uint8Array.of(0, text.length, ...text);
}
