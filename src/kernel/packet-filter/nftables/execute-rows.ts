import type { NftClient } from '../../nf-tables/client.ts';
import type { NftElement } from '../../nf-tables/element.ts';
import { elementsMessage } from '../../nf-tables/write-elements.ts';
import type { WriteNftMessage } from '../../nf-tables/write-ruleset.ts';
import type { NetlinkError } from '../../netlink/netlink-error.ts';

/** What changes about one row, in one transaction: what is deleted, and what then is added. */
export interface ElementRow {
  readonly remove: readonly NftElement[];
  readonly add: readonly NftElement[];
}

/** Where rows are written; `head` is the first message of each transaction. */
export interface RowTarget {
  readonly client: Pick<NftClient, 'transact' | 'mostMessages'>;
  readonly table: string;
  readonly head: WriteNftMessage;
}

/**
 * Rows share a transaction, which is one datagram, up to this length; the elements of a message are one attribute,
 * whose length has 16 bits.
 */
const mostBytes = 55_000;

/**
 * Carries out rows in few transactions. Returns for each why it failed, or undefined: a row that fails takes no
 * other one with it.
 */
export async function executeRows(
  target: RowTarget,
  rows: readonly ElementRow[],
): Promise<(NetlinkError | undefined)[]> {
  const outcomes = new Array<NetlinkError | undefined>(rows.length).fill(undefined);
  const numbers = [...rows.keys()].filter((index) => !isEmpty(rowAt(rows, index)));
  for (const part of inParts(numbers, (index) => bytesOfRow(rowAt(rows, index)))) {
    await executePart(target, rows, part, outcomes);
  }
  return outcomes;
}

/** The kernel does not count a transaction that changes nothing, and whoever counts ours would. */
function isEmpty({ remove, add }: ElementRow): boolean {
  return remove.length + add.length === 0;
}

/** One part after the other, each of them as long as may be; what is longer by itself is one of its own. */
function inParts<T>(all: readonly T[], lengthOf: (one: T) => number): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of all) {
    const length = lengthOf(one);
    if (bytes + length > mostBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(one);
    bytes += length;
  }
  return parts;
}

function bytesOfRow({ remove, add }: ElementRow): number {
  return [...remove, ...add].reduce((bytes, element) => bytes + bytesOf(element), 0);
}

/** About: the headers of its attributes with what they hold. */
function bytesOf({ key, keyEnd, verdict, mark }: NftElement): number {
  const chain = verdict !== undefined && 'chain' in verdict ? verdict.chain.length + 8 : 0;
  return (
    16 +
    key.length +
    (keyEnd === undefined ? 0 : keyEnd.length + 8) +
    20 +
    chain +
    (mark === undefined ? 0 : 12)
  );
}

async function executePart(
  target: RowTarget,
  rows: readonly ElementRow[],
  part: readonly number[],
  outcomes: (NetlinkError | undefined)[],
): Promise<void> {
  if (part.length === 0) {
    return;
  }
  const outcome = await transactRows(target, [part.map((index) => rowAt(rows, index))]);
  if (outcome === 'taken') {
    return;
  }
  if (outcome.whole !== undefined || part.length === 1) {
    const error = outcome.whole ?? outcome.ofGroup.get(0);
    part.forEach((index) => (outcomes[index] = error));
  } else if (messagesSingly(target, rows, part) > target.client.mostMessages) {
    const middle = part.length >> 1;
    await executePart(target, rows, part.slice(0, middle), outcomes);
    await executePart(target, rows, part.slice(middle), outcomes);
  } else {
    await executeSingly(target, rows, part, outcomes);
  }
}

/**
 * How many messages rows are that share none. With more than the client may send, those that fail are looked for by
 * halves: each message that fails is answered by an error.
 */
function messagesSingly(
  { table }: RowTarget,
  rows: readonly ElementRow[],
  part: readonly number[],
): number {
  const head = 1;
  return part.reduce((sum, index) => sum + messagesOf(table, [rowAt(rows, index)]).length, head);
}

/** Finds out which rows are to blame, and carries out the others. */
async function executeSingly(
  target: RowTarget,
  rows: readonly ElementRow[],
  part: readonly number[],
  outcomes: (NetlinkError | undefined)[],
): Promise<void> {
  const outcome = await transactRows(
    target,
    part.map((index) => [rowAt(rows, index)]),
  );
  if (outcome === 'taken') {
    return;
  }
  for (const [place, index] of part.entries()) {
    outcomes[index] = outcome.whole ?? outcome.ofGroup.get(place);
  }
  const others = part.filter((index) => outcomes[index] === undefined);
  if (others.length < part.length) {
    await executePart(target, rows, others, outcomes);
  }
}

interface Refusal {
  /** Why it failed as a whole, where no row is to blame. */
  readonly whole: NetlinkError | undefined;
  /** Why groups of rows failed, by their place. */
  readonly ofGroup: ReadonlyMap<number, NetlinkError>;
}

/** One transaction; the rows of a group share messages. */
async function transactRows(
  { client, table, head }: RowTarget,
  groups: readonly (readonly ElementRow[])[],
): Promise<'taken' | Refusal> {
  const messages: WriteNftMessage[] = [head];
  /** The group of each message. */
  const groupOf = [-1];
  for (const [place, group] of groups.entries()) {
    for (const message of messagesOf(table, group)) {
      messages.push(message);
      groupOf.push(place);
    }
  }
  const outcome = await client.transact(messages);
  switch (outcome.kind) {
    case 'taken':
      return 'taken';
    case 'failed':
      return { whole: outcome.error, ofGroup: new Map() };
    case 'refused': {
      const ofGroup = new Map<number, NetlinkError>();
      for (const [index, error] of outcome.failures) {
        ofGroup.set(groupOf[index] ?? -1, error);
      }
      return { whole: ofGroup.get(-1), ofGroup };
    }
  }
}

/** Deletions first: an element that changes its verdict is deleted and added. */
function messagesOf(table: string, rows: readonly ElementRow[]): readonly WriteNftMessage[] {
  const removals = inMessages(rows.flatMap(({ remove }) => remove));
  const additions = inMessages(rows.flatMap(({ add }) => add));
  return [
    ...removals.map((elements) => elementsMessage('delete', table, elements)),
    ...additions.map((elements) => elementsMessage('add', table, elements)),
  ];
}

/** A message is about one set. */
function inMessages(elements: readonly NftElement[]): readonly (readonly NftElement[])[] {
  const bySet = [...Map.groupBy(elements, ({ set }) => set).values()];
  return bySet.flatMap((ofSet) => inParts(ofSet, bytesOf));
}

function rowAt(rows: readonly ElementRow[], index: number): ElementRow {
  return rows[index] ?? { remove: [], add: [] };
}
