import { setTimeout as delay } from 'node:timers/promises';
import { inHost, type HostName } from './network.ts';
import { nftTable } from './packet-filter.ts';
import { TrafficAgent, type Question } from './traffic.ts';

/**
 * A line of a shell that makes an empty table of our name before the program starts: it then is open to all, as
 * every table is before Linux 6.9.
 */
export const makeOpenTable = `nft add table ${nftTable}`;

/** Whether the table has an owner, as `nft` prints it; the nft of Debian 12 says so of a flag it does not know too. */
export async function isOwned(host: HostName): Promise<boolean> {
  const refusal = await inHost(host, `nft add chain ${nftTable} others 2>&1 || true`);
  if (refusal === '') {
    await inHost(host, `nft delete chain ${nftTable} others`);
  }
  return refusal.includes('not permitted');
}

/** As firewalld does for a reload: everything goes, and its own rules come, which let everything through. */
export const reloadOfOthers = `
  nft -f - <<'END'
flush ruleset
table inet firewalld {
  chain filter_INPUT { type filter hook input priority filter + 10; policy accept; ct state established,related accept; }
  chain filter_FORWARD { type filter hook forward priority filter + 10; policy accept; }
  chain nat_POSTROUTING { type nat hook postrouting priority srcnat + 10; policy accept; }
}
END`;

/** What became of clients that asked all the while. */
export interface RequestCounts {
  readonly answered: number;
  /** What the others were told, with how often. */
  readonly lost: Readonly<Record<string, number>>;
}

/** Clients on a host that each open a connection after the other, some fifty a second where the machine lets them. */
export class SteadyRequests {
  readonly #agent: TrafficAgent;
  readonly #questions: readonly Question[];
  #isStopped = false;
  #answered = 0;
  readonly #lost = new Map<string, number>();
  readonly #running: Promise<unknown>;

  private constructor(agent: TrafficAgent, questions: readonly Question[]) {
    this.#agent = agent;
    this.#questions = questions;
    this.#running = Promise.all(questions.map((question) => this.#askOn(question)));
  }

  static async start(host: HostName, questions: readonly Question[]): Promise<SteadyRequests> {
    return new SteadyRequests(await TrafficAgent.start(host, []), questions);
  }

  /** Ends them, and waits for what is under way. */
  async stop(): Promise<RequestCounts> {
    this.#isStopped = true;
    await this.#running;
    await this.#agent.stop();
    return { answered: this.#answered, lost: Object.fromEntries(this.#lost) };
  }

  async #askOn(question: Question): Promise<void> {
    const pauseMs = (1000 / 50) * this.#questions.length;
    while (!this.#isStopped) {
      const startedAt = performance.now();
      const { kind } = await this.#agent.ask(question);
      if (kind === 'answered') {
        this.#answered += 1;
      } else {
        this.#lost.set(kind, (this.#lost.get(kind) ?? 0) + 1);
      }
      await delay(Math.max(0, pauseMs - (performance.now() - startedAt)));
    }
  }
}
