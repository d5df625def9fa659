import type { ProblemView } from './views/problem-view.ts';

/** What is wrong with the node, as it is told; `service` where it is a matter of one. */
export type NodeTrouble = Omit<ProblemView, 'service' | 'since'> &
  Partial<Pick<ProblemView, 'service'>>;

/** What is wrong with the node, since when, as long as it lasts. */
export class NodeTroubles {
  readonly #troubles = new Map<string, ProblemView>();
  readonly #now: () => number;

  /** `now`: the time of day, in milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The subject is in trouble, for another reason perhaps than before. */
  begin(subject: string, trouble: NodeTrouble): void {
    const since = this.#troubles.get(subject)?.since ?? new Date(this.#now()).toISOString();
    this.#troubles.set(subject, { service: null, ...trouble, since });
  }

  /** The subject is in order. */
  end(subject: string): void {
    this.#troubles.delete(subject);
  }

  has(subject: string): boolean {
    return this.#troubles.has(subject);
  }

  /** Those that last. */
  all(): readonly ProblemView[] {
    return [...this.#troubles.values()];
  }
}
