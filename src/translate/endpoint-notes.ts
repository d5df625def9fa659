import type { Endpoint, EndpointSlice } from '../cluster/objects.ts';
import type { EndpointFate, UsedBecause } from './decisions.ts';
import type { EndpointWeight } from './weight-rule.ts';

/** Endpoints of one Service port that have the same target port: one at least. */
export interface PortEndpoints {
  readonly targetPort: number;
  readonly endpoints: readonly Endpoint[];
}

/** What a step of the choice did with one endpoint. */
export interface EndpointNote {
  readonly endpoint: Endpoint;
  readonly targetPort: number | undefined;
  /** Where it is not the slice that its address and target port count in. */
  readonly slice: string | undefined;
  readonly fate: EndpointFate;
}

/** What the steps of one choice of endpoints left out, and what was used in the end. */
export class EndpointNotes {
  readonly #notes: EndpointNote[] = [];

  get all(): readonly EndpointNote[] {
    return this.#notes;
  }

  /** Notes those of `before` that a step did not choose; without a fate one is not noted. */
  leftOut(
    before: readonly PortEndpoints[],
    chosen: readonly PortEndpoints[],
    fateOf: (endpoint: Endpoint) => EndpointFate | undefined,
  ): void {
    const chosenAt = new Map(chosen.map(({ targetPort, endpoints }) => [targetPort, endpoints]));
    for (const { targetPort, endpoints } of before) {
      const kept = new Set(chosenAt.get(targetPort));
      for (const endpoint of endpoints.filter((each) => !kept.has(each))) {
        const fate = fateOf(endpoint);
        if (fate !== undefined) {
          this.#notes.push({ endpoint, targetPort, slice: undefined, fate });
        }
      }
    }
  }

  used(chosen: readonly PortEndpoints[], because: UsedBecause): void {
    const fate: EndpointFate = { kind: 'used', because, onlyForThisNode: false };
    for (const { targetPort, endpoints } of chosen) {
      for (const endpoint of endpoints) {
        this.#notes.push({ endpoint, targetPort, slice: undefined, fate });
      }
    }
  }

  /** The used ones have these weights; one of weight 0 is not used after all. */
  weighed(weightOf: (endpoint: Endpoint) => EndpointWeight): void {
    this.#notes.forEach((note, index) => {
      if (note.fate.kind === 'used') {
        const weight = weightOf(note.endpoint);
        const fate: EndpointFate =
          weight.weight === 0 ? { kind: 'weight 0', by: weight.by } : { ...note.fate, weight };
        this.#notes[index] = { ...note, fate };
      }
    });
  }

  protected add(note: EndpointNote): void {
    this.#notes.push(note);
  }
}

/** A mention of an endpoint in a slice: its name. */
interface Mention {
  readonly endpoint: Endpoint;
  readonly targetPort: number;
  readonly slice: string;
}

/**
 * What is noted while the endpoints of a Service port are put together from its slices, before traffic
 * of any kind is looked at.
 */
export class GatheringNotes extends EndpointNotes {
  /** The slice that an address and target port count in. */
  readonly #sliceOf = new Map<string, string>();
  readonly #repeats: Mention[] = [];

  /** None of a slice's endpoints has a part in it. */
  wholeSlice({ name: slice, endpoints }: EndpointSlice, fate: EndpointFate): void {
    for (const endpoint of endpoints) {
      this.add({ endpoint, targetPort: undefined, slice, fate });
    }
  }

  /** An endpoint counts as this slice has it, instead of an earlier mention in a worse condition. */
  counts(mention: Mention, insteadOf: Endpoint | undefined): void {
    if (insteadOf !== undefined) {
      const { targetPort } = mention;
      this.#repeats.push({
        endpoint: insteadOf,
        targetPort,
        slice: this.sliceOf(insteadOf, targetPort),
      });
    }
    this.#sliceOf.set(keyOf(mention.endpoint, mention.targetPort), mention.slice);
  }

  /** An earlier mention counts. */
  repeats(mention: Mention): void {
    this.#repeats.push(mention);
  }

  /** All slices were looked at: only now is it known which mention counts. */
  end(): void {
    for (const { endpoint, targetPort, slice } of this.#repeats) {
      const countsIn = this.sliceOf(endpoint, targetPort);
      this.add({ endpoint, targetPort, slice, fate: { kind: 'repeated', countsIn } });
    }
  }

  /** The slice that an endpoint counts in; empty for one that was never noted. */
  sliceOf(endpoint: Endpoint, targetPort: number | undefined): string {
    return this.#sliceOf.get(keyOf(endpoint, targetPort)) ?? '';
  }
}

function keyOf({ address }: Endpoint, targetPort: number | undefined): string {
  return `${address.text} ${targetPort}`;
}
