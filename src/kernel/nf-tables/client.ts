import { InTurn } from '../../base/in-turn.ts';
import { noRest, type Pace } from '../../base/work-in-parts.ts';
import { AttributeTable } from '../netlink/attribute-table.ts';
import { NetlinkConnection } from '../netlink/connection.ts';
import { Lane } from '../netlink/lane.ts';
import { unlessAbsent } from '../netlink/netlink-error.ts';
import { beginNetfilterMessage, netfilterHeaderLength } from '../netlink/netfilter-message.ts';
import { messageFlag, netlinkProtocol } from '../netlink/protocol.ts';
import { kernelTransport, type OpenTransport } from '../netlink/transport.ts';
import type { NftElement } from './element.ts';
import { anyFamily, familyOf, type NftFamily } from './family.ts';
import {
  chainAttribute,
  generationAttribute,
  hookAttribute,
  nftMessage,
  nftSubsystem,
  ruleAttribute,
  setAttribute,
  tableAttribute,
} from './protocol.ts';
import { readElements } from './read-elements.ts';
import {
  sequencesOf,
  transact,
  type TransactionMode,
  type TransactionOutcome,
} from './transaction.ts';
import { withoutNfTables } from './without-nf-tables.ts';
import { listElementsMessage } from './write-elements.ts';
import { beginNftMessage, type SetHeader, type WriteNftMessage } from './write-ruleset.ts';

/** A table of nf_tables; its chains and rules are not read. */
export interface NftTable {
  /** As `nft` calls it; undefined for one that it has a number for alone. */
  readonly family: NftFamily | undefined;
  readonly name: string;
}

/** What there is of a table besides its sets and chains. */
export interface TableHeader {
  readonly flags: number;
}

/** A chain of whichever table. */
export interface ChainHeader {
  readonly family: NftFamily | undefined;
  readonly table: string;
  readonly name: string;
}

/** One that the kernel calls. */
export interface BaseChain extends ChainHeader {
  /** A number of `hookNumber`. */
  readonly hook: number;
  /** A number of `verdictCode`. */
  readonly policy: number;
}

/** How many transactions nf_tables has taken. */
export interface TransactionCounts {
  /** Of whomever, from some number on. */
  readonly all: number;
  /** Of a client. */
  readonly own: number;
}

/** How long the kernel may take for a transaction, in milliseconds: it may load modules meanwhile. */
const transactionMs = 30_000;
const highestSequence = 0xffff_0000;
const absent = ['ENOENT'];

const tableHeader = new AttributeTable(tableAttribute.userData);
const setHeader = new AttributeTable(setAttribute.keyLength);
const chainHeader = new AttributeTable(chainAttribute.policy);
const chainHook = new AttributeTable(hookAttribute.number);
const generation = new AttributeTable(generationAttribute.id);

/**
 * A conversation with nf_tables in this network namespace. Transactions are sent by one socket as
 * long as it lasts, since a table may belong to it.
 */
export class NftClient {
  readonly #connection: NetlinkConnection;
  readonly #lane: Lane;
  #sequence = 1;
  readonly #inTurn = new InTurn();
  #committed = 0;

  constructor(open: OpenTransport = kernelTransport(netlinkProtocol.netfilter)) {
    this.#connection = new NetlinkConnection(open);
    this.#lane = new Lane(open, transactionMs);
  }

  /** One transaction after the other. Never rejects. */
  transact(
    messages: readonly WriteNftMessage[],
    mode: TransactionMode = 'commit',
  ): Promise<TransactionOutcome> {
    return this.#inTurn.do(() => this.#transact(messages, mode));
  }

  /** Asked between transactions of this client, so that both numbers are of one moment. Rejects with NetlinkError. */
  transactionsSoFar(): Promise<TransactionCounts> {
    return this.#inTurn.do(async () => ({ all: await this.generation(), own: this.#committed }));
  }

  /** How many messages a transaction may have, so that the errors of all fit the receive buffer. */
  get mostMessages(): number {
    return this.#lane.mostMessages;
  }

  /** The number of the last transaction of all that nf_tables had, whoever's. Rejects with NetlinkError. */
  generation(): Promise<number> {
    return this.#connection.get(
      (writer, sequence) => {
        beginNftMessage(writer, sequence, nftMessage.getGeneration);
        writer.endMessage();
      },
      (payload) => {
        generation.read(payload, netfilterHeaderLength, payload.length);
        return generation.u32be(generationAttribute.id);
      },
    );
  }

  /** Undefined where there is no such table, or no nf_tables. Rejects with NetlinkError. */
  table(name: string): Promise<TableHeader | undefined> {
    const header = this.#connection.get(
      (writer, sequence) => {
        beginNftMessage(writer, sequence, nftMessage.getTable);
        writer.attributeString(tableAttribute.name, name);
        writer.endMessage();
      },
      (payload) => {
        tableHeader.read(payload, netfilterHeaderLength, payload.length);
        return { flags: tableHeader.u32be(tableAttribute.flags) };
      },
    );
    return unlessAbsent(header, [...withoutNfTables]);
  }

  /** The tables of all families, others' too. Rejects with NetlinkError. */
  tables(): Promise<readonly NftTable[]> {
    return this.#listOfAll(nftMessage.getTable, (payload) => {
      tableHeader.read(payload, netfilterHeaderLength, payload.length);
      return { family: familyOf(payload), name: tableHeader.text(tableAttribute.name) };
    });
  }

  /** The rules of a table, each as the kernel prints it, handles included. Rejects with NetlinkError. */
  rules(table: string): Promise<readonly Buffer[]> {
    return this.#listOfTable(nftMessage.getRule, ruleAttribute.table, table, (payload) =>
      // The header has the number of nf_tables' last transaction, whoever's it was.
      Buffer.from(payload.subarray(netfilterHeaderLength)),
    );
  }

  /** The sets and maps of a table, without those that have no name of their own. Rejects with NetlinkError. */
  sets(table: string): Promise<readonly SetHeader[]> {
    return this.#listOfTable(nftMessage.getSet, setAttribute.table, table, (payload) => {
      setHeader.read(payload, netfilterHeaderLength, payload.length);
      return {
        name: setHeader.text(setAttribute.name),
        flags: setHeader.has(setAttribute.flags) ? setHeader.u32be(setAttribute.flags) : 0,
        keyType: setHeader.u32be(setAttribute.keyType),
        keyLength: setHeader.u32be(setAttribute.keyLength),
      };
    });
  }

  /** The base chains of all tables, others' too. Rejects with NetlinkError. */
  async baseChains(): Promise<readonly BaseChain[]> {
    return (await this.chains()).filter((chain) => 'policy' in chain);
  }

  /** The chains of all tables, others' too. Rejects with NetlinkError. */
  chains(): Promise<readonly (ChainHeader | BaseChain)[]> {
    return this.#listOfAll(nftMessage.getChain, readChain);
  }

  /** Hands the elements of a set to a visitor; returns whether there is such a set. Rejects with NetlinkError. */
  async eachElement(
    table: string,
    set: string,
    begin: () => (element: NftElement) => void,
    pace: Pace = noRest,
  ): Promise<boolean> {
    const list = this.#connection
      .each(
        listElementsMessage(table, set),
        () => {
          const visit = begin();
          return (payload) => {
            readElements(payload, set, visit);
          };
        },
        pace,
        // Any change of nf_tables counts as one, and others' do not touch the set.
        'harmless',
      )
      .then(() => true as const);
    return (await unlessAbsent(list, absent)) ?? false;
  }

  close(): void {
    this.#connection.close();
    this.#lane.end();
  }

  /** What there is of a kind in a table; nothing where there is no such table. */
  async #listOfTable<T>(
    command: number,
    tableAttributeOfKind: number,
    table: string,
    decode: (payload: Buffer) => T,
  ): Promise<readonly T[]> {
    const list = this.#connection.dump((writer, sequence) => {
      beginNftMessage(writer, sequence, command, messageFlag.dump);
      writer.attributeString(tableAttributeOfKind, table);
      writer.endMessage();
    }, decode);
    return (await unlessAbsent(list, absent)) ?? [];
  }

  /** What there is of a kind, whatever its family. */
  #listOfAll<T>(command: number, decode: (payload: Buffer) => T): Promise<readonly T[]> {
    return this.#connection.dump((writer, sequence) => {
      const message = { subsystem: nftSubsystem, command };
      beginNetfilterMessage(writer, sequence, message, messageFlag.dump, anyFamily);
      writer.endMessage();
    }, decode);
  }

  async #transact(
    messages: readonly WriteNftMessage[],
    mode: TransactionMode,
  ): Promise<TransactionOutcome> {
    const first = this.#sequence > highestSequence ? 1 : this.#sequence;
    this.#sequence = first + sequencesOf(messages);
    const outcome = await transact(this.#lane, first, messages, mode);
    if (outcome.kind === 'taken' && mode === 'commit') {
      this.#committed += 1;
    }
    return outcome;
  }
}

function readChain(payload: Buffer): ChainHeader | BaseChain {
  chainHeader.read(payload, netfilterHeaderLength, payload.length);
  const header = {
    family: familyOf(payload),
    table: chainHeader.text(chainAttribute.table),
    name: chainHeader.text(chainAttribute.name),
  };
  if (!chainHeader.has(chainAttribute.policy) || !chainHeader.has(chainAttribute.hook)) {
    return header;
  }
  chainHook.read(
    payload,
    chainHeader.start(chainAttribute.hook, 0),
    chainHeader.end(chainAttribute.hook),
  );
  return {
    ...header,
    hook: chainHook.u32be(hookAttribute.number),
    policy: chainHeader.u32be(chainAttribute.policy),
  };
}
