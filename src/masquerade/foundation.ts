import type { SetClient } from '../ipset/client.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { Foundation } from '../reconcile/foundation.ts';
import {
  expectedReferences,
  tablesOf,
  type Chain,
  type ChainSettings,
  type Table,
} from './chains.ts';
import { Iptables, IptablesError, type IptablesVariant } from './iptables.ts';
import type { LocalDetector } from './local-detector.ts';
import { missingFeatures, moduleOf } from './missing-feature.ts';
import { removalText, restoreText } from './restore-text.ts';
import { allSets } from './sets.ts';

const probeChain = 'KIPVS-PROBE';

/**
 * The sets and the chains of one family. They are put in place at the start, before anything
 * leads packets to them. After that the number of rules that refer to each set tells, without a
 * process, whether all of it is still there.
 */
export class MasqueradeFoundation implements Foundation {
  readonly name: string;
  readonly #family: IpFamily;
  readonly #sets: SetClient;
  readonly #iptables: Iptables;
  #settings: ChainSettings;
  /** The tables as they could be written; undefined before the first time. */
  #written: readonly Table[] | undefined;

  constructor(
    family: IpFamily,
    variant: IptablesVariant,
    sets: SetClient,
    settings: ChainSettings,
    iptables = new Iptables(family, variant),
  ) {
    this.name = `masquerade ${family}`;
    this.#family = family;
    this.#sets = sets;
    this.#iptables = iptables;
    this.#settings = settings;
  }

  /** How packets of Pods are known from now on: the chains are written anew. */
  setLocalDetector(local: LocalDetector): void {
    this.#settings = { ...this.#settings, local };
    this.#written = undefined;
  }

  async ensure(): Promise<void> {
    if (this.#written !== undefined && (await this.#isInPlace(this.#written))) {
      return;
    }
    for (const set of allSets([this.#family])) {
      await this.#sets.ensureSet(set);
    }
    const tables = tablesOf(this.#family, this.#settings);
    const present = await this.#iptables.save();
    try {
      await this.#iptables.restore(restoreText(tables, present));
      this.#written = tables;
    } catch (error) {
      if (!(error instanceof IptablesError) || error.failure !== 'refused') {
        throw error;
      }
      await this.#writeWhatWorks(tables, present, error);
    }
  }

  /** Takes the jumps, the chains and the sets out again. Raises IptablesError, NetlinkError. */
  async remove(): Promise<void> {
    const text = removalText(tablesOf(this.#family, this.#settings), await this.#iptables.save());
    if (text !== '') {
      await this.#iptables.restore(text);
    }
    this.#written = undefined;
  }

  /** A set of both families counts the rules of both: there, no fewer than ours will do. */
  async #isInPlace(tables: readonly Table[]): Promise<boolean> {
    for (const [name, expected] of expectedReferences(tables)) {
      const references = await this.#sets.references(name);
      if (references === undefined || references < expected) {
        return false;
      }
    }
    return true;
  }

  /** Rules that the kernel has no match or target for cost themselves alone. */
  async #writeWhatWorks(
    tables: readonly Table[],
    present: string,
    cause: IptablesError,
  ): Promise<never> {
    const accepted: string[] = [];
    const refused: string[] = [];
    const possible: Table[] = [];
    for (const table of tables) {
      const takes = async (rule: string): Promise<boolean> => {
        const works = await this.#takes(table.name, rule);
        (works ? accepted : refused).push(rule);
        return works;
      };
      await this.#makeChains(table, present);
      possible.push({
        name: table.name,
        chains: await chainsThatWork(table, takes),
        jumps: await filterInTurn(table.jumps, ({ rule }) => takes(rule)),
      });
    }
    if (refused.length === 0) {
      throw cause;
    }
    await this.#iptables.restore(restoreText(possible, present));
    this.#written = possible;
    throw new IptablesError(
      `${this.#iptables.program} lacks ${lacking(refused, accepted)}; rules that need it are left out (${refused.length}), the others are in place`,
      'refused',
    );
  }

  /**
   * A rule that jumps to one of our chains is taken only where that chain is. Those that are
   * there are left alone: naming them here would empty them.
   */
  async #makeChains({ name, chains }: Table, present: string): Promise<void> {
    const absent = chains.filter((chain) => !present.includes(`\n:${chain.name} `));
    try {
      await this.#iptables.restore(
        [`*${name}`, ...absent.map((chain) => `:${chain.name} - [0:0]`), 'COMMIT', ''].join('\n'),
      );
    } catch (error) {
      if (!(error instanceof IptablesError) || error.failure !== 'refused') {
        throw error;
      }
      // Not even the table can be had: each of its rules will be refused.
    }
  }

  async #takes(table: Table['name'], rule: string): Promise<boolean> {
    const attempt = [
      `*${table}`,
      `:${probeChain} - [0:0]`,
      `-A ${probeChain} ${rule}`,
      'COMMIT',
      '',
    ];
    const removal = [`*${table}`, `:${probeChain} - [0:0]`, `-X ${probeChain}`, 'COMMIT', ''];
    try {
      await this.#iptables.restore(attempt.join('\n'));
      await this.#iptables.restore(removal.join('\n'));
      return true;
    } catch (error) {
      if (error instanceof IptablesError && error.failure === 'refused') {
        return false;
      }
      throw error;
    }
  }
}

/** `match set, target REJECT (kernel modules: xt_set, ipt_REJECT and ip6t_REJECT)` */
function lacking(refused: readonly string[], accepted: readonly string[]): string {
  const missing = missingFeatures(refused, accepted);
  const modules = missing.map(moduleOf).filter((module) => module !== undefined);
  return `${missing.join(', ')}${modules.length === 0 ? '' : ` (kernel modules: ${modules.join(', ')})`}`;
}

/** The chains to which others jump stay, if need be without rules. */
async function chainsThatWork(
  { chains }: Table,
  takes: (rule: string) => Promise<boolean>,
): Promise<Table['chains']> {
  const working: Chain[] = [];
  for (const { name, rules } of chains) {
    working.push({ name, rules: await filterInTurn(rules, takes) });
  }
  return working;
}

/** One after the other: iptables has one lock. */
async function filterInTurn<T>(
  items: readonly T[],
  accepts: (item: T) => Promise<boolean>,
): Promise<readonly T[]> {
  const accepted: T[] = [];
  for (const item of items) {
    if (await accepts(item)) {
      accepted.push(item);
    }
  }
  return accepted;
}
