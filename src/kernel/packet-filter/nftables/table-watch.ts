import { asError } from '../../../base/as-error.ts';
import { startInterval } from '../../../base/time/timers.ts';
import type { NftClient } from '../../nf-tables/client.ts';
import type { RuleWatch, RuleWatchListener } from '../packet-filter.ts';
import type { TableFoundation } from './foundation.ts';

/**
 * How often the number of nf_tables' last transaction is asked for, in milliseconds: one short message, and
 * no more where nobody but us has changed anything.
 */
const lookEveryMs = 500;

/**
 * Sees soon that others have changed the rules of a table that they can change (before Linux 6.9). The
 * binding of netlink ends the process when notifications overrun it, as any large change of others
 * would make them; hence the question.
 */
export class TableWatch implements RuleWatch {
  readonly #client: Pick<NftClient, 'generation' | 'committed'>;
  readonly #table: Pick<TableFoundation, 'ownership' | 'areRulesAsWritten'>;
  readonly #listener: RuleWatchListener;
  readonly #timer: NodeJS.Timeout;
  /** The number then, and how many transactions of our own were before it. */
  #seen: { readonly generation: number; readonly committed: number } | undefined;
  #isLooking = false;
  #failureTold = false;
  #stopped = false;

  constructor(
    client: Pick<NftClient, 'generation' | 'committed'>,
    table: Pick<TableFoundation, 'ownership' | 'areRulesAsWritten'>,
    listener: RuleWatchListener,
  ) {
    this.#client = client;
    this.#table = table;
    this.#listener = listener;
    this.#timer = startInterval(() => void this.#lookOnce(), lookEveryMs);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async #lookOnce(): Promise<void> {
    if (this.#table.ownership !== 'open to all' || this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    try {
      if ((await this.#haveOthersChanged()) && !(await this.#table.areRulesAsWritten())) {
        this.#tellGone();
      }
    } catch (error) {
      this.#tellFailure(asError(error));
    }
    this.#isLooking = false;
  }

  /** One of our own that is under way counts as somebody's; the rules are then as they were. */
  async #haveOthersChanged(): Promise<boolean> {
    const { committed } = this.#client;
    const generation = await this.#client.generation();
    const before = this.#seen;
    this.#seen = { generation, committed };
    return before === undefined || generation - before.generation !== committed - before.committed;
  }

  #tellGone(): void {
    if (!this.#stopped) {
      this.#listener.gone();
    }
  }

  #tellFailure(error: Error): void {
    if (!this.#stopped && !this.#failureTold) {
      this.#failureTold = true;
      this.#listener.failed(error);
    }
  }
}
