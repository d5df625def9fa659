import { constants } from 'node:os';
import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import { attributesOf, type WireElement } from './nf-tables-words.ts';
import {
  attribute,
  doneMessage,
  errorMessage,
  netlinkMessage,
  text,
  u32be,
  type AttributeReader,
} from './wire.ts';

export interface FakeSet {
  /** Its flags, the type of its keys and their length. */
  readonly header: readonly [flags: number, keyType: number, keyLength: number];
  readonly elements: Map<string, WireElement>;
}

export interface FakeTable {
  flags: number;
  /** The socket that owns it. */
  owner: number | undefined;
  readonly sets: Map<string, FakeSet>;
  /** The rules of each chain in words, with their handles. */
  readonly chains: Map<string, { readonly handle: number; readonly words: string }[]>;
}

export interface BaseChain {
  readonly family: number;
  readonly table: string;
  readonly name: string;
  readonly policy: number;
}

/** What questions are answered from. */
export interface FakeState {
  readonly tables: ReadonlyMap<string, FakeTable>;
  readonly baseChains: readonly BaseChain[];
  readonly generation: number;
}

/** What answers a question about nf_tables, in the bytes of Linux. */
export function answerTo(message: ReceivedMessage, state: FakeState): readonly Buffer[] {
  const { sequence } = message;
  const command = message.type & 0xff;
  const isDump = (message.flags & 0x300) === 0x300;
  const payloads = payloadsOf(command, attributesOf(message), state);
  if (payloads === undefined) {
    return [errorMessage(sequence, constants.errno.ENOENT)];
  }
  const parts = payloads.map(({ family = 1, payload }) =>
    netlinkMessage(
      0xa00 | command,
      sequence,
      Buffer.concat([headerOf(family, state), payload]),
      isDump ? 2 : 0,
    ),
  );
  return isDump ? [...parts, doneMessage(sequence)] : parts;
}

/** With the end of the generation's number in it (nfnl_msg_put in net/netfilter/nf_tables_api.c). */
function headerOf(family: number, { generation }: FakeState): Buffer {
  return Buffer.from([family, 0, (generation >> 8) & 0xff, generation & 0xff]);
}

interface Part {
  readonly family?: number;
  readonly payload: Buffer;
}

/** Undefined where there is no such thing. */
function payloadsOf(
  command: number,
  attributes: AttributeReader,
  { tables, baseChains, generation }: FakeState,
): readonly Part[] | undefined {
  const table = tables.get(attributes.has(1) ? attributes.text(1) : '');
  switch (command) {
    case 1:
      return table && [part(attribute(2, u32be(table.flags)), attribute(3, u32be(1)))];
    case 4:
      return baseChains.map(chainPart);
    case 7:
      return rulesOf(table);
    case 10:
      return [...(table?.sets ?? [])].map(setPart);
    case 13:
      return elementsOf(table, attributes.text(2));
    case 16:
      return [part(attribute(1, u32be(generation)))];
    default:
      return undefined;
  }
}

function part(...attributes: readonly Buffer[]): Part {
  return { payload: Buffer.concat(attributes) };
}

function chainPart({ family, table, name, policy }: BaseChain): Part {
  return {
    family,
    ...part(
      attribute(1, text(table)),
      attribute(3, text(name)),
      // Of which hook it is nobody asks here.
      attribute(4, Buffer.concat([attribute(1, u32be(1)), attribute(2, u32be(0))])),
      attribute(5, u32be(policy)),
    ),
  };
}

function rulesOf(table: FakeTable | undefined): readonly Part[] {
  return [...(table?.chains ?? [])].flatMap(([chain, rules]) =>
    rules.map((rule) => part(attribute(4, text(`${chain} ${rule.handle} ${rule.words}`)))),
  );
}

function setPart([name, { header }]: readonly [string, FakeSet]): Part {
  const [flags, type, length] = header;
  return part(
    attribute(2, text(name)),
    attribute(3, u32be(flags)),
    attribute(4, u32be(type)),
    attribute(5, u32be(length)),
  );
}

function elementsOf(table: FakeTable | undefined, name: string): readonly Part[] | undefined {
  const set = table?.sets.get(name);
  return set && Array.from(set.elements.values(), (element) => part(elementPayload(element)));
}

const verdictCodes: Readonly<Record<string, number>> = {
  drop: 0,
  accept: 1,
  jump: -3,
  goto: -4,
  return: -5,
};

/** One element as the kernel lists it. */
function elementPayload({ key, keyEnd, verdict, value: data }: WireElement): Buffer {
  const value = (hex: string): Buffer => attribute(0x8001, attribute(1, Buffer.from(hex, 'hex')));
  const parts = [value(key)];
  if (verdict !== undefined) {
    const [word = '', chain] = verdict.split(' ');
    const code = attribute(1, u32be(verdictCodes[word] ?? 0));
    const verdictParts = chain === undefined ? [code] : [code, attribute(2, text(chain))];
    parts.push(attribute(0x8002, attribute(0x8002, ...verdictParts)));
  }
  if (data !== undefined) {
    parts.push(attribute(0x8002, attribute(1, Buffer.from(data, 'hex'))));
  }
  if (keyEnd !== undefined) {
    parts.push(attribute(0x800a, attribute(1, Buffer.from(keyEnd, 'hex'))));
  }
  return attribute(0x8003, attribute(0x8001, ...parts));
}
