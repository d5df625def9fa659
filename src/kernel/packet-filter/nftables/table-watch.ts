import { asError } from '../../../base/as-error.ts';
import { startInterval } from '../../../base/time/timers.ts';
import type { NftClient, TransactionCounts } from '../../nf-tables/client.ts';
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
  readonly #client: Pick<NftClient, 'transactionsSoFar'>;
  readonly #table: Pick<TableFoundation, 'ownership' | 'areRulesAsWritten'>;
  readonly #listener: RuleWatchListener;
  readonly #timer: NodeJS.Timeout;
  #seen: TransactionCounts | undefined;
  #isLooking = false;
  #failureTold = false;
  #stopped = false;

  constructor(
    client: Pick<NftClient, 'transactionsSoFar'>,
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
      // Whatever was changed by then was not looked at.
      this.#seen = undefined;
      this.#tellFailure(asError(error));
    }
    this.#isLooking = false;
  }

  async #haveOthersChanged(): Promise<boolean> {
    const before = this.#seen;
    const now = await this.#client.transactionsSoFar();
    this.#seen = now;
    return before === undefined || now.all - before.all !== now.own - before.own;
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
