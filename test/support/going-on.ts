import { setTimeout as delay } from 'node:timers/promises';
import type { HostName } from './network.ts';
import type { NetworkWorld } from './network-world.ts';
import { outcomeText, type Flow, type Question } from './traffic.ts';

/** A client, what it asks for, and the connection or flow that it keeps open meanwhile. */
export interface Asker {
  readonly client: HostName;
  readonly question: Question;
  /** From one answer to the next question, in milliseconds. */
  readonly everyMs: number;
}

/** Clients that ask all the time, each over new connections and over one that it keeps. */
export class GoingOn {
  readonly #world: NetworkWorld;
  readonly #flows: { readonly asker: Asker; readonly flow: Flow }[] = [];
  readonly #failures: string[] = [];
  #asked = 0;
  #isOver = false;
  /** Who does not ask for the moment, and how many questions of each client are under way. */
  readonly #silent = new Set<HostName>();
  readonly #underWay = new Map<HostName, number>();
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(world: NetworkWorld) {
    this.#world = world;
  }

  /** Opens a connection for each, and starts to ask; a failure to open is one of `failures`. */
  static async start(world: NetworkWorld, askers: readonly Asker[]): Promise<GoingOn> {
    const going = new GoingOn(world);
    await going.open(askers);
    going.#ended = Promise.all(askers.map((asker) => going.#askOnAndOn(asker)));
    return going;
  }

  /** How many questions were asked over new connections. */
  get asked(): number {
    return this.#asked;
  }

  /** What was not answered, each with who asked. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Opens one more connection for each, which is kept. */
  async open(askers: readonly Asker[]): Promise<void> {
    for (const asker of askers) {
      const { outcome, flow } = await this.#world.agent(asker.client).open(asker.question);
      this.#flows.push({ asker, flow });
      if (outcome.kind !== 'answered') {
        this.#failures.push(`${nameOf(asker)} could not be opened: ${outcomeText(outcome)}`);
      }
    }
  }

  /** Sends over each connection that is kept; who does not answer is a failure. */
  async kept(): Promise<void> {
    for (const { asker, flow } of this.#flows) {
      const outcome = await flow.again();
      if (outcome.kind !== 'answered') {
        this.#failures.push(`${nameOf(asker)}, kept open: ${outcomeText(outcome)}`);
      }
    }
  }

  /** Closes all that was kept. */
  async closeKept(): Promise<void> {
    for (const { flow } of this.#flows.splice(0)) {
      await flow.close();
    }
  }

  /** Does something while a client has no question under way. */
  async withoutQuestionsOf(client: HostName, work: () => Promise<unknown>): Promise<void> {
    this.#silent.add(client);
    while ((this.#underWay.get(client) ?? 0) > 0) {
      await delay(10);
    }
    await work();
    this.#silent.delete(client);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#ended;
  }

  #count(client: HostName, change: number): void {
    this.#underWay.set(client, (this.#underWay.get(client) ?? 0) + change);
  }

  async #askOnAndOn(asker: Asker): Promise<void> {
    while (!this.#isOver) {
      if (this.#silent.has(asker.client)) {
        await delay(10);
        continue;
      }
      this.#count(asker.client, 1);
      const outcome = await this.#world.agent(asker.client).ask(asker.question);
      this.#count(asker.client, -1);
      this.#asked += 1;
      if (outcome.kind !== 'answered') {
        this.#failures.push(`${nameOf(asker)}: ${outcomeText(outcome)}`);
      }
      await delay(asker.everyMs);
    }
  }
}

function nameOf({ client, question }: Asker): string {
  return `${client} to ${question.protocol} ${question.address}:${question.port}`;
}
