import { asError } from '../../../base/as-error.ts';
import { LineMonitor, type MonitorListener } from '../../line-monitor.ts';
import type { RuleWatch as Watch, RuleWatchListener } from '../packet-filter.ts';
import { monotonicMs } from '../../../base/time/monotonic-clock.ts';
import { startInterval, startTimer } from '../../../base/time/timers.ts';

/** What is looked at. */
export interface WatchedRules {
  /** A cheap look, which sees that others have flushed a table. */
  areJumpsInPlace(): Promise<boolean>;
  /** Whether all rules are there. */
  areInPlace(): Promise<boolean>;
  /** Whether they are rules of nf_tables, whose changes the kernel tells; undefined before that is known. */
  areNft(): boolean | undefined;
}

interface RuleMonitor {
  start(): void;
  stop(): void;
}

/** How often the rules are looked at without a notice, in milliseconds. */
const lookEveryMs = 2000;

/** Notices come in bursts; they are gathered for as long, in milliseconds. */
const gatherMs = 100;

/**
 * The least time between two looks after notices, in milliseconds: some programs write rules all the
 * time, and our own changes cause notices, too.
 */
const restMs = 1000;

/**
 * Sees soon that somebody has flushed our rules. nf_tables tells of changes: a notice is no more than a
 * reason to look, so that our own ones lead to nothing. Of the legacy variant nobody tells; the count
 * of references to one set is looked at every two seconds.
 */
export class RuleWatch implements Watch {
  readonly #rules: WatchedRules;
  readonly #listener: RuleWatchListener;
  readonly #openMonitor: (listener: MonitorListener) => RuleMonitor;
  #monitor: RuleMonitor | undefined;
  #timer: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #failureTold = false;
  #stopped = false;

  constructor(
    rules: WatchedRules,
    listener: RuleWatchListener,
    openMonitor: (listener: MonitorListener) => RuleMonitor = openRuleMonitor,
  ) {
    this.#rules = rules;
    this.#listener = listener;
    this.#openMonitor = openMonitor;
  }

  start(): void {
    this.#timer = startInterval(() => {
      this.#startMonitor();
      void this.#look(() => this.#rules.areJumpsInPlace());
    }, lookEveryMs);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    this.#monitor?.stop();
  }

  #startMonitor(): void {
    if (this.#monitor === undefined && this.#rules.areNft() === true) {
      this.#monitor = this.#openMonitor({
        notice: (line) => {
          this.#notice(line);
        },
        failed: (error) => {
          this.#failed(error);
        },
      });
      this.#monitor.start();
    }
  }

  #notice(line: string): void {
    if (isRemoval(line) && !this.#stopped) {
      const waitMs = Math.max(gatherMs, this.#lookedAtMs + restMs - monotonicMs());
      this.#gathering ??= startTimer(() => {
        this.#gathering = undefined;
        this.#lookedAtMs = monotonicMs();
        void this.#look(() => this.#rules.areInPlace());
      }, waitMs);
    }
  }

  #failed(error: Error): void {
    if (!this.#failureTold) {
      this.#failureTold = true;
      this.#listener.failed(error);
    }
  }

  async #look(areThere: () => Promise<boolean>): Promise<void> {
    try {
      if (!(await areThere()) && !this.#stopped) {
        this.#listener.gone();
      }
    } catch (error) {
      if (!this.#stopped) {
        this.#failed(asError(error));
      }
    }
  }
}

/** ` EVENT: -4 -t filter -D INPUT -j FOO`, `-X FOO`, or `EVENT: nft: DEL table: ...`. */
function isRemoval(line: string): boolean {
  return / EVENT: (?:-[46] -t \S+ -[DX] |.*\bDEL\b)/.test(line);
}

/** xtables-monitor comes with iptables; it would keep its lines until some thousand bytes are there. */
function openRuleMonitor(listener: MonitorListener): RuleMonitor {
  return new LineMonitor(listener, {
    command: 'stdbuf',
    args: ['-oL', 'xtables-monitor', '--event'],
    name: '"xtables-monitor" (iptables)',
    without: 'the rules are looked at every two seconds',
  });
}
