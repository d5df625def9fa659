import type { SetClient } from '../../ipset/client.ts';
import { SetsUnavailableError } from '../../ipset/set-error.ts';
import type { IpFamily } from '../../../net/ip-address.ts';
import { ImpossibleError, type Foundation } from '../../../reconcile/foundation.ts';
import { AnotherLook } from './another-look.ts';
import {
  expectedReferences,
  setInRule,
  tablesOf,
  type ChainSettings,
  type Table,
} from './chains.ts';
import { InTurn } from '../../../base/in-turn.ts';
import { IptablesError, type Iptables, type IptablesVariant } from './iptables.ts';
import type { LocalDetector } from '../local-detector.ts';
import { featuresOf, findRefused, moduleOf, needsOf, type Need } from './missing-feature.ts';
import { ourTables, probeText, removalText, restoreText } from './restore-text.ts';
import type { SetFoundation } from './set-foundation.ts';
import { allSets, isNeeded, setOf } from './sets.ts';

/** What a family's chains are made of. */
export interface MasqueradeParts {
  readonly family: IpFamily;
  readonly client: Pick<SetClient, 'references'>;
  readonly sets: SetFoundation;
  readonly settings: ChainSettings;
  /** Rejects while it cannot be told which one to use. */
  readonly variant: () => Promise<IptablesVariant>;
  readonly open: (family: IpFamily, variant: IptablesVariant) => Iptables;
  /** Whether the sets hold all that is wanted. */
  readonly areSetsFilled: () => boolean;
  /** Whether port ranges are desired, or were. */
  readonly hasPortRanges?: () => boolean;
  readonly anotherLook?: AnotherLook;
}

/** What was written, and what of it had to be left out. */
interface Written {
  readonly tables: readonly Table[];
  /** What the kernel lacks; told again in each audit. */
  readonly lack: ImpossibleError | undefined;
}

/**
 * The chains of one family. They are put in place at the start, before anything leads packets to
 * them. After that the number of rules that refer to each set tells, without a process, whether all
 * of it is still there.
 */
export class MasqueradeFoundation implements Foundation {
  readonly name: string;
  readonly needs: readonly string[];
  readonly #parts: MasqueradeParts;
  readonly #anotherLook: AnotherLook;
  /** What two wrote at a time, each by what was there before, would be there twice. */
  readonly #inTurn = new InTurn();
  #settings: ChainSettings;
  #iptables: Iptables | undefined;
  /** An earlier run has left rules for port ranges: they stay, for it is not known yet whether any are desired. */
  #hadPortRanges = false;
  /** Undefined before the first time. */
  #written: Written | undefined;
  /** What the kernel was found to lack; undefined before it was asked. */
  #missing: readonly Need[] = [];

  constructor(parts: MasqueradeParts) {
    this.name = `masquerade ${parts.family}`;
    this.needs = [parts.sets.name];
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#anotherLook = parts.anotherLook ?? new AnotherLook();
  }

  /** How packets of Pods are known from now on: the chains are written anew. */
  setLocalDetector(local: LocalDetector): void {
    this.#settings = { ...this.#settings, local };
    this.#written = undefined;
  }

  /** There are port ranges now: writes the rules for them, unless it did. Rejects as `ensure`. */
  servePortRanges(): Promise<void> {
    return this.#inTurn.do(async () => {
      const isWritten = this.#written?.tables.some(({ chains }) =>
        chains.some(({ name }) => name === 'KIPVS-RANGES'),
      );
      if (isWritten === false) {
        await this.#ensure();
      }
    });
  }

  ensure(): Promise<void> {
    return this.#inTurn.do(() => this.#ensure());
  }

  async #ensure(): Promise<void> {
    this.#checkSets();
    const iptables = await this.#openIptables();

    const isWorthTrying = this.#missing.length > 0 && (await this.#anotherLook.isDue());
    const isWritten = this.#written !== undefined && (await this.isInPlace());
    if (!isWritten || isWorthTrying) {
      this.#written = await this.#write(iptables);
    }
    if (this.#written?.lack !== undefined) {
      throw this.#written.lack;
    }
  }

  /**
   * Whether all that was written is still there; a set of both families counts the rules of both:
   * there, no fewer than ours will do. Throws NetlinkError.
   */
  async isInPlace(): Promise<boolean> {
    for (const [name, expected] of expectedReferences(this.#written?.tables ?? [])) {
      const references = await this.#parts.client.references(name);
      if (references === undefined || references < expected) {
        return false;
      }
    }
    // Where a set has got another name, rules of ours look into the old one.
    return this.#written !== undefined && sameRules(this.#written.tables, this.#possible());
  }

  /** The same; before the first time nothing is missed. Throws NetlinkError. */
  async isInPlaceIfWritten(): Promise<boolean> {
    return this.#written === undefined || this.isInPlace();
  }

  /**
   * The same with one question: whichever table others flush, jumps of ours go with it, and each looks
   * into the empty set. Throws NetlinkError.
   */
  async areJumpsInPlace(): Promise<boolean> {
    const empty = this.#parts.sets.inKernel(setOf('empty', this.#parts.family))?.name;
    const expected = expectedReferences(this.#written?.tables ?? []).get(empty ?? '');
    if (empty === undefined || expected === undefined) {
      return true;
    }
    return ((await this.#parts.client.references(empty)) ?? 0) >= expected;
  }

  /** Takes the jumps and the chains out again. Throws IptablesError, ImpossibleError. */
  async remove(): Promise<void> {
    const iptables = await this.#openIptables();
    const present = await iptables.save();
    const text = removalText(ourTables(present), present);
    if (text !== '') {
      await iptables.restore(text);
    }
    this.#written = undefined;
  }

  async #openIptables(): Promise<Iptables> {
    this.#iptables ??= this.#parts.open(this.#parts.family, await this.#parts.variant());
    return this.#iptables;
  }

  /** Without the sets that nearly all rules look into there is nothing to write. */
  #checkSets(): void {
    for (const set of allSets([this.#parts.family]).filter(isNeeded)) {
      const place = this.#parts.sets.placeOf(set);
      if (place.kind === 'missing') {
        const message = `no masquerade and no filter: ${place.reason.message}`;
        throw place.reason instanceof SetsUnavailableError
          ? new ImpossibleError(message)
          : new Error(message);
      }
    }
  }

  /** All tables with the sets as they are named in the kernel, but for rules whose set is missing. */
  #tables(): readonly Table[] {
    const { family, sets } = this.#parts;
    const names = new Map(
      allSets([family]).map((set) => [set.name, sets.inKernel(set)?.name] as const),
    );
    const named = (rule: string): string =>
      rule.replaceAll(setInRule, (text, name: string) =>
        text.replace(name, names.get(name) ?? missing),
      );
    const hasPortRanges =
      this.#settings.hasPortRanges === true ||
      this.#hadPortRanges ||
      this.#parts.hasPortRanges?.() === true;
    return tablesOf(family, { ...this.#settings, hasPortRanges }).map((table) =>
      withRules(table, (rule) =>
        named(rule).includes(`-set ${missing}`) ? undefined : named(rule),
      ),
    );
  }

  /** All rules but for those that need what the kernel lacks. */
  #possible(): readonly Table[] {
    return this.#tables().map((table) => without(table, this.#missing));
  }

  async #write(iptables: Iptables): Promise<Written> {
    const present = await iptables.save();
    this.#hadPortRanges ||= present.includes('\n:KIPVS-RANGES ');
    const tables = this.#tables();
    this.#checkFilled(present);
    const refusal = await this.#restore(iptables, tables, present);
    if (refusal === undefined) {
      this.#missing = [];
      return { tables, lack: undefined };
    }
    const before = this.#missing.map(textOf).join();
    this.#missing = await this.#findMissing(iptables, tables);
    await this.#anotherLook.asked();
    const isSame = this.#missing.map(textOf).join() === before;
    const left =
      isSame && (await this.isInPlace()) ? undefined : await this.#writePossible(iptables);
    if (left !== undefined || this.#missing.length === 0) {
      throw new ImpossibleError((left ?? refusal).message);
    }
    const possible = this.#possible();
    return { tables: possible, lack: this.#lack(iptables, tables, possible) };
  }

  /** Where each match and target is taken, and yet some rule is not, that rule is left out too. */
  async #writePossible(iptables: Iptables): Promise<IptablesError | undefined> {
    const refusal = await this.#restore(iptables, this.#possible(), await iptables.save());
    if (refusal === undefined) {
      return undefined;
    }
    const takes = this.#taker(iptables);
    const rules = await findRefused(this.#possible().flatMap(wholeRulesOf), takes);
    this.#missing = [...this.#missing, ...rules];
    return this.#restore(iptables, this.#possible(), await iptables.save());
  }

  /** Returns why it was refused: tables before the one that was are written by then. */
  async #restore(
    iptables: Iptables,
    tables: readonly Table[],
    present: string,
  ): Promise<IptablesError | undefined> {
    try {
      await iptables.restore(restoreText(tables, present));
      return undefined;
    } catch (error) {
      return this.#refusal(error);
    }
  }

  /**
   * Returns it if it is a refusal of the kernel's for good; throws whatever passes. Rules that look into a
   * set that others destroyed a moment ago are refused as if the kernel could not look into any.
   */
  async #refusal(error: unknown): Promise<IptablesError> {
    if (!isRefusal(error)) {
      throw error;
    }
    const { client, family, sets } = this.#parts;
    for (const { name } of allSets([family]).flatMap((set) => sets.inKernel(set) ?? [])) {
      if ((await client.references(name)) === undefined) {
        throw new Error(`the set ${name} is gone: the chains are written when it is there again`);
      }
    }
    return error;
  }

  /**
   * Chains that do their work are not written anew with sets that hold nothing yet: for as long as it
   * takes to fill them every connection would be refused. They go on with the sets that they have.
   */
  #checkFilled(present: string): void {
    const { sets, areSetsFilled } = this.#parts;
    if (sets.unfilled.size === 0) {
      return;
    }
    if (areSetsFilled()) {
      sets.filled();
      return;
    }
    const isAtWork = present.includes('\n-A KIPVS-');
    if (isAtWork && (this.#written === undefined || sets.isReplacing)) {
      throw new Error(
        `the chains are written when these new sets are filled: ${[...sets.unfilled].join(', ')}`,
      );
    }
  }

  /** What of matches, targets and tables is refused. */
  async #findMissing(iptables: Iptables, tables: readonly Table[]): Promise<readonly Need[]> {
    const needs = tables.flatMap((table) => needsOf(table.name, rulesOf(table)));
    return withoutFollowers(await findRefused(needs, this.#taker(iptables)));
  }

  /** Tries what is needed in a chain of its own; the chains that are there stay as they are. */
  #taker(iptables: Iptables): (needs: readonly Need[]) => Promise<boolean> {
    return async (needs) => {
      try {
        await iptables.restore(probeText(needs));
        return true;
      } catch (error) {
        await this.#refusal(error);
        return false;
      }
    };
  }

  #lack(iptables: Iptables, tables: readonly Table[], possible: readonly Table[]): ImpossibleError {
    const features = [...new Set(this.#missing.map(({ feature }) => feature))];
    const modules = features.map(moduleOf).filter((module) => module !== undefined);
    const hint = modules.length === 0 ? '' : ` (kernel modules: ${modules.join(', ')})`;
    const count = tables.flatMap(rulesOf).length - possible.flatMap(rulesOf).length;
    return new ImpossibleError(
      `${iptables.program} lacks ${features.join(', ')}${hint}; rules that need it are left out (${count}), the others are in place`,
    );
  }
}

/** In place of the name of a set that is not there. */
const missing = 'missing';

function isRefusal(error: unknown): error is IptablesError {
  return error instanceof IptablesError && error.failure === 'refused';
}

function rulesOf({ chains, jumps }: Table): readonly string[] {
  return [...chains.flatMap(({ rules }) => rules), ...jumps.map(({ rule }) => rule)];
}

/** Jumps to our chains cannot be tried in a chain of their own. */
function wholeRulesOf(table: Table): readonly Need[] {
  return rulesOf(table)
    .filter((rule) => !/ -[jg] KIPVS-/.test(rule))
    .map((rule) => ({ feature: `rule "${rule}"`, table: table.name, rule }));
}

/** Where a table is missing, all that belongs into it was refused with it. */
function withoutFollowers(missing: readonly Need[]): readonly Need[] {
  const tables = new Set(
    missing.filter(({ rule }) => rule === undefined).map(({ table }) => table),
  );
  return missing.filter(({ table, rule }) => rule === undefined || !tables.has(table));
}

function textOf({ feature, table }: Need): string {
  return `${table} ${feature}`;
}

/** A table without the rules that need something; the chains to which others jump stay. */
function without(table: Table, missing: readonly Need[]): Table {
  const own = missing.filter((need) => need.table === table.name);
  if (own.some(({ rule }) => rule === undefined)) {
    return { name: table.name, chains: [], jumps: [] };
  }
  const needed = new Set(own.map(({ feature }) => feature));
  return withRules(table, (rule) =>
    featuresOf(rule).some((feature) => needed.has(feature)) || needed.has(`rule "${rule}"`)
      ? undefined
      : rule,
  );
}

/** The same table with other rules; those without a successor are left out. */
function withRules(table: Table, change: (rule: string) => string | undefined): Table {
  return {
    name: table.name,
    chains: table.chains.map((chain) => ({
      ...chain,
      rules: chain.rules.map(change).filter((rule) => rule !== undefined),
    })),
    jumps: table.jumps.flatMap((jump) => {
      const rule = change(jump.rule);
      return rule === undefined ? [] : [{ ...jump, rule }];
    }),
  };
}

function sameRules(a: readonly Table[], b: readonly Table[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
