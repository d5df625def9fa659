import { isDeepStrictEqual } from 'node:util';
import { asError } from '../../../base/as-error.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import { ImpossibleError, passingErrnos, type Foundation } from '../../../reconcile/foundation.ts';
import type { NftClient, TableHeader } from '../../nf-tables/client.ts';
import { tableFlag } from '../../nf-tables/protocol.ts';
import { withoutNfTables } from '../../nf-tables/without-nf-tables.ts';
import type { NftRuleset } from '../../nf-tables/ruleset.ts';
import type { TransactionOutcome } from '../../nf-tables/transaction.ts';
import {
  deleteTableMessage,
  rulesetMessages,
  setHeaderOf,
  tableMessage,
  type WriteNftMessage,
} from '../../nf-tables/write-ruleset.ts';
import { NetlinkError } from '../../netlink/netlink-error.ts';
import { InTurn } from '../../../base/in-turn.ts';
import type { LocalDetector } from '../local-detector.ts';
import { modulesOfRules, oldestRelease } from './needs.ts';
import { rulesetOf, tableName, type RuleSettings } from './rules.ts';

interface FoundationListener {
  note(message: string): void;
}

/** Whether others can change the table while this process lives. */
export type Ownership = 'unknown' | 'owned' | 'open to all';

/** What was written. */
interface Written {
  readonly settings: RuleSettings;
  /** The rules as the kernel shows them since then. */
  readonly rules: readonly Buffer[];
}

const ownedAndPersistent = tableFlag.owner | tableFlag.persist;

/** What says that the kernel has no such flags, before Linux 6.9 (EOPNOTSUPP, which Node calls ENOTSUP). */
const unknownFlags: ReadonlySet<string> = new Set(['ENOTSUP', 'EINVAL']);

/**
 * The table with its rules, sets and maps, the latter empty or full. It is owned by this process where the
 * kernel can do that, and stays when the process ends.
 */
export class TableFoundation implements Foundation {
  readonly name = 'table kube-ipvs';
  readonly #client: NftClient;
  readonly #families: readonly IpFamily[];
  readonly #listener: FoundationListener;
  readonly #inTurn = new InTurn();
  #settings: RuleSettings;
  #ownership: Ownership = 'unknown';
  /** Undefined before the first time. */
  #written: Written | undefined;
  #inPlace = false;

  constructor(
    client: NftClient,
    families: readonly IpFamily[],
    settings: RuleSettings,
    listener: FoundationListener,
  ) {
    this.#client = client;
    this.#families = families;
    this.#settings = settings;
    this.#listener = listener;
  }

  /** Whether the sets and maps are there, as far as is known. */
  get inPlace(): boolean {
    return this.#inPlace;
  }

  get ownership(): Ownership {
    return this.#ownership;
  }

  /** The first message of each transaction: the table stays this process's, after a broken socket too. */
  head(): WriteNftMessage {
    return tableMessage(tableName, this.#ownership === 'owned' ? ownedAndPersistent : 0);
  }

  /** How packets of Pods are known; the rules follow when they are looked after next. */
  setLocalDetector(local: LocalDetector): void {
    this.#settings = { ...this.#settings, local };
  }

  /** There are port ranges from now on: the rules for them come at once. Rejects as `ensure`. */
  async servePortRanges(): Promise<void> {
    if (this.#settings.hasPortRanges !== true) {
      this.#settings = { ...this.#settings, hasPortRanges: true };
    }
    if (this.#written?.settings.hasPortRanges !== true) {
      await this.ensure();
    }
  }

  /** Whether the rules are as they were written. Rejects with NetlinkError. */
  async areRulesAsWritten(): Promise<boolean> {
    const written = this.#written;
    return written === undefined || sameRules(await this.#client.rules(tableName), written.rules);
  }

  ensure(): Promise<void> {
    return this.#inTurn.do(() => this.#ensure());
  }

  async #ensure(): Promise<void> {
    // Others may come while these are written: they are not what is written then.
    const settings = this.#settings;
    if (this.#written?.settings === settings && (await this.areRulesAsWritten())) {
      return;
    }
    try {
      await this.#write(rulesetOf(this.#families, settings));
    } catch (error) {
      // An error that passes leaves all as it was, and what is there can go on being filled.
      this.#inPlace &&= error instanceof NetlinkError;
      throw error;
    }
    this.#inPlace = true;
    this.#written = { settings, rules: await this.#client.rules(tableName) };
  }

  /** Deletes the table, if there is one. Throws NetlinkError; an Error where another process owns it. */
  async remove(): Promise<void> {
    const header = await this.#client.table(tableName);
    if (header === undefined) {
      return;
    }
    throwUnlessTaken(await this.#client.transact(removalOf(header)));
    this.#inPlace = false;
    this.#written = undefined;
  }

  /** A table of our name with other sets goes in the same transaction: the new one then is filled. */
  async #write(ruleset: NftRuleset): Promise<void> {
    const old = (await this.#hasOtherSets(ruleset))
      ? await this.#client.table(tableName)
      : undefined;
    const removal = old === undefined ? [] : removalOf(old);
    // Elements go on being changed while rules alone are written.
    this.#inPlace &&= old === undefined;
    throwUnlessTaken(await this.#writeOwned(removal, ruleset));
    if (old !== undefined) {
      this.#listener.note(
        `replaced the table ${tableName}, which had sets of another kind than this version has`,
      );
    }
  }

  /** Older kernels take a set of our name for ours, whatever its key is. */
  async #hasOtherSets({ sets }: NftRuleset): Promise<boolean> {
    // Without nf_tables there are none; the transaction then says so.
    const present = await this.#client.sets(tableName).catch(() => []);
    const wanted = new Map(sets.map((set) => [set.name, setHeaderOf(set)]));
    return present.some((header) => {
      const set = wanted.get(header.name);
      return set !== undefined && !isDeepStrictEqual(set, header);
    });
  }

  async #writeOwned(
    removal: readonly WriteNftMessage[],
    ruleset: NftRuleset,
  ): Promise<TransactionOutcome> {
    if (this.#ownership !== 'open to all') {
      const outcome = await this.#client.transact([
        ...removal,
        ...messagesOf(ruleset, ownedAndPersistent),
      ]);
      const ofTable = outcome.kind === 'refused' ? outcome.failures.get(removal.length) : undefined;
      if (ofTable === undefined || !unknownFlags.has(ofTable.code)) {
        this.#ownership = outcome.kind === 'taken' ? 'owned' : this.#ownership;
        return outcome;
      }
    }
    const outcome = await this.#client.transact([...removal, ...messagesOf(ruleset, 0)]);
    this.#ownership = outcome.kind === 'taken' ? 'open to all' : this.#ownership;
    return outcome;
  }
}

/**
 * The first message of a transaction about a table that is there. The kernel refuses other flags than a table
 * has, but for those that take up one that its owner has left (nf_tables_updtable in
 * net/netfilter/nf_tables_api.c).
 */
export function takingUp({ flags }: TableHeader): WriteNftMessage {
  return tableMessage(tableName, (flags & ownedAndPersistent) === 0 ? 0 : ownedAndPersistent);
}

function removalOf(header: TableHeader): readonly WriteNftMessage[] {
  return [takingUp(header), deleteTableMessage(tableName)];
}

/**
 * Why this kernel cannot have the table, as a part of a sentence; undefined where it can. It is asked by
 * a transaction that is not carried out, for a table of another name: one that is there may be owned.
 */
export async function whyNotHere(
  client: NftClient,
  families: readonly IpFamily[],
  settings: RuleSettings,
): Promise<string | undefined> {
  const ruleset = {
    ...rulesetOf(families, { ...settings, hasPortRanges: true }),
    table: `${tableName}-check`,
  };
  try {
    throwUnlessTaken(await client.transact(messagesOf(ruleset, 0), 'check'));
    return undefined;
  } catch (error) {
    return asError(error).message;
  }
}

function messagesOf(ruleset: NftRuleset, flags: number): readonly WriteNftMessage[] {
  return [tableMessage(ruleset.table, flags, ruleset.comment), ...rulesetMessages(ruleset)];
}

/** Throws ImpossibleError where this kernel cannot have it, and any other error where it may later. */
function throwUnlessTaken(outcome: TransactionOutcome): void {
  switch (outcome.kind) {
    case 'taken':
      return;
    case 'failed':
      throw failureOf(outcome.error);
    case 'refused': {
      const [index, error] = [...outcome.failures].toSorted(([a], [b]) => a - b)[0] ?? [0];
      throw error === undefined
        ? new Error('nf_tables refused the table')
        : refusalOf(index, error);
    }
  }
}

function failureOf(error: NetlinkError): Error {
  if (error.code === 'EPERM') {
    return new ImpossibleError(
      'the right to use nf_tables is missing: run as root or with the capability NET_ADMIN',
      'right',
      { cause: error },
    );
  }
  return withoutNfTables.has(error.code)
    ? new ImpossibleError('the kernel has no nf_tables: load the module nf_tables', 'module', {
        cause: error,
      })
    : error;
}

function refusalOf(index: number, error: NetlinkError): Error {
  if (index === 0 && error.code === 'EPERM') {
    return new Error(
      `another process owns the table ${tableName}: another kube-ipvs runs on this node, or one is about to end`,
      { cause: error },
    );
  }
  return passingErrnos.has(error.code)
    ? error
    : new ImpossibleError(
        `the kernel refuses the table ${tableName} (message ${index}: ${error.message}): it needs nf_tables of Linux ${oldestRelease.major}.${oldestRelease.minor} or later with NAT, and the modules ${modulesOfRules.join(', ')}`,
        'module',
        { cause: error },
      );
}

function sameRules(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return (
    a.length === b.length && a.every((rule, index) => rule.equals(b[index] ?? Buffer.alloc(0)))
  );
}
