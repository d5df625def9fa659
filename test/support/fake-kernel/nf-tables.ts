import { constants } from 'node:os';
import type { ReceivedMessage } from '../../../src/kernel/netlink/message-reader.ts';
import type { OpenTransport } from '../../../src/kernel/netlink/transport.ts';
import {
  attributesOf,
  einval,
  elementsOfMessage,
  elementWords,
  elementWith,
  isWithinAnother,
  keyOf,
  ruleWords,
  type WireElement,
} from './nf-tables-words.ts';
import { answerTo, type BaseChain, type FakeTable } from './nf-tables-answers.ts';
import { ScriptedSockets, type FakeSocket } from './sockets.ts';
import { errorMessage, Refusal, type AttributeReader } from './wire.ts';

type Errno = keyof typeof constants.errno;

const ownerFlag = 2;
const persistFlag = 4;
const bothFlags = 6;

/**
 * nf_tables in memory, on the other end of a client's sockets: transactions as a whole or not at all, tables
 * of the family inet with their owners, rules as words, and elements. It takes what Linux 6.12 takes, as
 * far as the packet filter uses it; the tests of the packet filter in a real kernel show that.
 */
export class FakeNfTables {
  readonly sockets = new ScriptedSockets((messages, socket) => {
    this.#answer(messages, socket);
  });
  /** The messages of each transaction in words, whether it was taken or not. */
  readonly transactions: (readonly string[])[] = [];
  tables = new Map<string, FakeTable>();
  /** Base chains of others. */
  readonly baseChains: BaseChain[] = [];
  generation = 1;
  /** Whether tables can be owned and can persist (Linux 6.9). */
  hasOwnership = true;
  /** Why a message in these words is refused, if it is. */
  refuses: (words: string) => Errno | undefined = () => undefined;
  /** Why a whole transaction is refused, if it is. */
  refusesAll: Errno | undefined;
  /** What becomes of the answers to the next transactions, one each. */
  readonly answers: ('lost' | 'overrun')[] = [];
  /** Called when a transaction has taken effect. */
  onCommit: () => void = () => undefined;
  #handle = 0;

  readonly open: OpenTransport = (...args) => this.sockets.open(...args);

  table(name = 'kube-ipvs'): FakeTable | undefined {
    return this.tables.get(name);
  }

  /** The elements of a set of the table, in words. */
  elements(set: string): readonly string[] {
    const elements = this.table()?.sets.get(set)?.elements.values() ?? [];
    return [...elements].map(elementWords).toSorted();
  }

  /** What becomes of a persistent table when the socket of its owner is closed. */
  leaveTable(name = 'kube-ipvs'): void {
    const table = this.tables.get(name);
    if (table !== undefined) {
      table.flags &= ~ownerFlag;
      table.owner = undefined;
    }
  }

  /** What somebody else does. */
  othersDo(work: () => void): void {
    this.generation += 1;
    work();
  }

  #answer(messages: readonly ReceivedMessage[], socket: FakeSocket): void {
    const isTransaction = messages[0]?.type === 0x10;
    const replies = isTransaction
      ? this.#transact(messages, socket)
      : messages.flatMap((message) => answerTo(message, this));
    const fate = isTransaction ? this.answers.shift() : undefined;
    if (fate === 'overrun') {
      socket.fail('ENOBUFS');
    } else if (fate === undefined && replies.length > 0) {
      socket.reply(...replies);
    }
  }

  #transact(messages: readonly ReceivedMessage[], socket: FakeSocket): readonly Buffer[] {
    const isCommitted = messages.at(-1)?.type === 0x11;
    const inner = messages.slice(1, isCommitted ? -1 : undefined);
    const before = this.tables;
    this.tables = structuredClone(before);
    const words: string[] = [];
    this.transactions.push(words);
    if (this.refusesAll !== undefined) {
      return [errorMessage(messages[0]?.sequence ?? 0, constants.errno[this.refusesAll])];
    }
    const failures: Buffer[] = [];
    const replies = inner.flatMap((message) => {
      const errno = this.#change(message, socket, words);
      if (errno !== 0) {
        failures.push(errorMessage(message.sequence, errno));
      }
      return errno !== 0 || (message.flags & 4) !== 0
        ? [errorMessage(message.sequence, errno)]
        : [];
    });
    if (failures.length > 0 || !isCommitted) {
      this.tables = before;
    } else {
      this.generation += 1;
      this.onCommit();
    }
    return replies;
  }

  #change(message: ReceivedMessage, socket: FakeSocket, log: string[]): number {
    try {
      const { words, work } = this.#changeOf(message, socket);
      log.push(words);
      const code = this.refuses(words);
      if (code !== undefined) {
        return constants.errno[code];
      }
      work();
      return 0;
    } catch (error) {
      if (error instanceof Refusal) {
        return error.errno;
      }
      throw error;
    }
  }

  #changeOf(message: ReceivedMessage, socket: FakeSocket): { words: string; work: () => void } {
    const attributes = attributesOf(message);
    const table = attributes.text(1);
    switch (message.type & 0xff) {
      case 0:
        return this.#newTable(table, attributes.u32be(2), socket);
      case 2:
        return {
          words: `delete table ${table}`,
          work: () => {
            this.#mine(table, socket);
            this.tables.delete(table);
          },
        };
      case 3:
        return this.#newChain(attributes.text(3), this.#lazily(table, socket));
      case 6:
        return this.#newRule(attributes, this.#lazily(table, socket));
      case 8:
        return {
          words: `flush chain ${attributes.text(2)}`,
          work: () => this.#mine(table, socket).chains.set(attributes.text(2), []),
        };
      case 9:
        return this.#newSet(attributes, this.#lazily(table, socket));
      case 12:
        return this.#newElements(attributes, this.#lazily(table, socket));
      case 14:
        return this.#deleteElements(attributes, this.#lazily(table, socket));
      default:
        throw new Refusal(einval);
    }
  }

  #lazily(table: string, socket: FakeSocket): () => FakeTable {
    return () => this.#mine(table, socket);
  }

  /** A table that this socket may change. */
  #mine(name: string, socket: FakeSocket): FakeTable {
    const table = this.tables.get(name);
    if (table === undefined) {
      throw new Refusal(constants.errno.ENOENT);
    }
    if (table.owner !== undefined && table.owner !== socket.number) {
      throw new Refusal(constants.errno.EPERM);
    }
    return table;
  }

  #newTable(name: string, flags: number, socket: FakeSocket) {
    const work = (): void => {
      if (!this.hasOwnership && (flags & ~1) !== 0) {
        throw new Refusal(constants.errno.EOPNOTSUPP);
      }
      const present = this.tables.get(name);
      const owner = (flags & ownerFlag) === 0 ? undefined : socket.number;
      if (present === undefined) {
        this.tables.set(name, { flags, owner, sets: new Map(), chains: new Map() });
        return;
      }
      this.#mine(name, socket);
      if (flags === present.flags) {
        return;
      }
      // nf_tables_updtable: who wants to own it can take up what the owner has left, and nothing else.
      if (present.flags !== persistFlag || flags !== bothFlags) {
        throw new Refusal(constants.errno.EOPNOTSUPP);
      }
      present.flags = flags;
      present.owner = owner;
    };
    return { words: `table ${name}${flags === bothFlags ? ' owner persist' : ''}`, work };
  }

  #newChain(name: string, table: () => FakeTable) {
    return {
      words: `chain ${name}`,
      work: () => {
        const { chains } = table();
        chains.set(name, chains.get(name) ?? []);
      },
    };
  }

  #newRule(attributes: AttributeReader, table: () => FakeTable) {
    const [chain, words] = [attributes.text(2), ruleWords(attributes)];
    return {
      words: `rule ${chain} ${words}`,
      work: () => {
        const rules = table().chains.get(chain);
        if (rules === undefined) {
          throw new Refusal(constants.errno.ENOENT);
        }
        this.#handle += 1;
        rules.push({ handle: this.#handle, words });
      },
    };
  }

  #newSet(attributes: AttributeReader, table: () => FakeTable) {
    const name = attributes.text(2);
    const header = [attributes.u32be(3), attributes.u32be(4), attributes.u32be(5)] as const;
    return {
      words: `set ${name}`,
      work: () => {
        const { sets } = table();
        const present = sets.get(name);
        if (present !== undefined && present.header.join() !== header.join()) {
          throw new Refusal(constants.errno.EEXIST);
        }
        sets.set(name, present ?? { header, elements: new Map() });
      },
    };
  }

  #newElements(attributes: AttributeReader, table: () => FakeTable) {
    const { name, elements, words } = elementsIn(attributes);
    return {
      words: `add ${words}`,
      work: () => {
        const set = setIn(table(), name);
        for (const element of elements) {
          const present = set.get(keyOf(element));
          const isOther = present !== undefined && present.verdict !== element.verdict;
          if (isOther || (present === undefined && isWithinAnother(element, set))) {
            throw new Refusal(constants.errno.EEXIST);
          }
          set.set(keyOf(element), element);
        }
      },
    };
  }

  #deleteElements(attributes: AttributeReader, table: () => FakeTable) {
    const { name, elements, words } = elementsIn(attributes);
    return {
      words: `delete ${words}`,
      work: () => {
        const set = setIn(table(), name);
        for (const element of elements) {
          if (!set.delete(keyOf(elementWith(element, set)))) {
            throw new Refusal(constants.errno.ENOENT);
          }
        }
      },
    };
  }
}

function elementsIn(attributes: AttributeReader) {
  const name = attributes.text(2);
  const elements = elementsOfMessage(attributes);
  return { name, elements, words: `${name} ${elements.map(elementWords).join(', ')}` };
}

function setIn({ sets }: FakeTable, name: string): Map<string, WireElement> {
  const set = sets.get(name);
  if (set === undefined) {
    throw new Refusal(constants.errno.ENOENT);
  }
  return set.elements;
}
