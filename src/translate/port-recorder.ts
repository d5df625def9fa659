import type { ServicePort } from '../cluster/objects.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { DecisionRecorder, EndpointFate } from './decisions.ts';
import { EndpointNotes, GatheringNotes, type EndpointNote } from './endpoint-notes.ts';
import type { Traffic } from './front-end.ts';

/** What is known of a Service port in one family before its endpoints are looked at. */
export interface PortTraffic {
  readonly port: ServicePort;
  /** The families that the Service is served in. */
  readonly families: readonly IpFamily[];
  /** The kinds of traffic that have a front end. */
  readonly traffics: ReadonlySet<Traffic>;
}

/** Tells a recorder what became of the endpoints of one Service port in one family. */
export class PortRecorder {
  /** What is decided before traffic of any kind is looked at. */
  readonly gathering = new GatheringNotes();
  /** The choice among all endpoints. */
  readonly cluster = new EndpointNotes();
  /** The choice among those on this node. */
  readonly local = new EndpointNotes();
  readonly #recorder: DecisionRecorder;
  readonly #port: PortTraffic;

  constructor(recorder: DecisionRecorder, port: PortTraffic) {
    this.#recorder = recorder;
    this.#port = port;
  }

  /** Records the choice that one kind of traffic follows, if there is such traffic. */
  route(
    traffic: Traffic,
    chosen: EndpointNotes,
    { onlyForThisNode } = { onlyForThisNode: false },
  ): void {
    const { port, families, traffics } = this.#port;
    if (!traffics.has(traffic)) {
      return;
    }
    for (const note of [...this.gathering.all, ...chosen.all]) {
      const { endpoint, targetPort } = note;
      const fate = fateFor(note, onlyForThisNode);
      // One of another family than this has its turn with that, if the Service is served in it.
      if (fate.kind !== 'another family' || !families.includes(endpoint.address.family)) {
        const slice = note.slice ?? this.gathering.sliceOf(endpoint, targetPort);
        this.#recorder.record({
          about: 'endpoint',
          port,
          traffic,
          endpoint,
          slice,
          targetPort,
          fate,
        });
      }
    }
  }
}

function fateFor({ fate }: EndpointNote, onlyForThisNode: boolean): EndpointFate {
  return fate.kind === 'used' ? { ...fate, onlyForThisNode } : fate;
}
