import { asksForNodeWeights, weightsAnnotation } from './annotation-names.ts';
import type { Service } from './objects.ts';

/** A Node by its name, with the weight that it names for the endpoints on it. */
export interface NodeWeight {
  readonly name: string;
  readonly weight: number | undefined;
}

/** What changes about the weights of Nodes. */
export type NodeWeightsChange =
  /** Some Service asks for them, or none does any more. */
  | { readonly kind: 'node weights wanted' }
  /** Some are others now, or known, or no longer awaited. */
  | { readonly kind: 'node weights' };

/** The weights of Nodes, and whether anybody asks for them. Of a Node without one nothing is kept. */
export class NodeWeights {
  readonly #wantedByDefault: boolean;
  readonly #announce: (change: NodeWeightsChange) => void;
  #weights = new Map<string, number>();
  #isAwaited = false;
  /** How many Services ask for them. */
  #asking = 0;

  /** By default a Service that does not say otherwise asks for them, or does not. */
  constructor(wantedByDefault: boolean, announce: (change: NodeWeightsChange) => void) {
    this.#wantedByDefault = wantedByDefault;
    this.#announce = announce;
  }

  /** Whether some Service asks for them: only then they matter. */
  get areWanted(): boolean {
    return this.#asking > 0;
  }

  /** Whether they are on their way. */
  get areAwaited(): boolean {
    return this.#isAwaited;
  }

  /** The weight that a Node names, as far as Nodes are followed for that. */
  of(name: string): number | undefined {
    return this.#weights.get(name);
  }

  /** A Service has changed, is new, or is gone. */
  serviceChanged(before: Service | undefined, after: Service | undefined): void {
    const were = this.areWanted;
    this.#asking += Number(this.#asks(after)) - Number(this.#asks(before));
    if (were !== this.areWanted) {
      this.#announce({ kind: 'node weights wanted' });
    }
  }

  /** From now on they are on their way, until they are listed, or given up. */
  await(): void {
    this.#isAwaited = true;
  }

  /** They cannot be had, or nobody asks any more. */
  giveUp(): void {
    if (this.#isAwaited) {
      this.#isAwaited = false;
      this.#announce({ kind: 'node weights' });
    }
  }

  /** Takes a Node as it is now, or without a weight as gone. */
  set(node: NodeWeight): void {
    if (this.#put(node)) {
      this.#announce({ kind: 'node weights' });
    }
  }

  /** Takes a complete list of Nodes. */
  replace(nodes: readonly NodeWeight[]): void {
    const before = this.#weights;
    this.#weights = new Map();
    nodes.forEach((node) => this.#put(node));
    const isNews =
      this.#isAwaited ||
      before.size !== this.#weights.size ||
      [...before].some(([name, weight]) => this.of(name) !== weight);
    this.#isAwaited = false;
    if (isNews) {
      this.#announce({ kind: 'node weights' });
    }
  }

  #put({ name, weight }: NodeWeight): boolean {
    const isNews = this.of(name) !== weight;
    if (weight === undefined) {
      this.#weights.delete(name);
    } else {
      this.#weights.set(name, weight);
    }
    return isNews;
  }

  #asks(service: Service | undefined): boolean {
    return (
      service !== undefined &&
      asksForNodeWeights(service.annotations.get(weightsAnnotation), this.#wantedByDefault)
    );
  }
}
