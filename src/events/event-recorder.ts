import type { KubeConfig } from '@kubernetes/client-node';
import { asError } from '../as-error.ts';
import { apiErrorOf } from '../source/api-server/api-error.ts';
import { HttpTransport } from '../source/api-server/http-transport.ts';
import { readText } from '../source/api-server/transport.ts';
import type { ServiceProblem } from '../translate/service-problem.ts';
import { eventObject, eventOf, type ServiceEvent } from './event.ts';

/** Where Events go. */
export interface EventRecorder {
  record(problem: ServiceProblem): void;
}

/** Writes one Event; rejects where the API server does not take it. */
export type WriteEvent = (event: ServiceEvent) => Promise<void>;

/** How many Events may wait; a flood of bad Services must not fill the memory. */
const waitingAtMost = 500;

/** How long the same Event about the same Service is not repeated, in milliseconds. */
const repeatAfterMs = 3_600_000;

/**
 * Writes Events one after the other, the same one at most once an hour. An Event is a courtesy:
 * one that cannot be written is logged by its caller's problem already, and dropped.
 */
export class QueuedEventRecorder implements EventRecorder {
  readonly #write: WriteEvent;
  readonly #failed: (error: Error) => void;
  readonly #now: () => number;
  readonly #waiting: ServiceEvent[] = [];
  readonly #writtenAt = new Map<string, number>();
  #writing = false;

  constructor(
    write: WriteEvent,
    failed: (error: Error) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#write = write;
    this.#failed = failed;
    this.#now = now;
  }

  record(problem: ServiceProblem): void {
    const event = eventOf(problem);
    if (this.#waiting.length < waitingAtMost && this.#isNews(event)) {
      this.#waiting.push(event);
      void this.#writeWaiting();
    }
  }

  #isNews(event: ServiceEvent): boolean {
    const now = this.#now();
    for (const [key, writtenAt] of this.#writtenAt) {
      if (now - writtenAt < repeatAfterMs) {
        break; // those behind it are younger
      }
      this.#writtenAt.delete(key);
    }
    const key = `${event.namespace}/${event.service.name} ${event.reason} ${event.note}`;
    const isNews = !this.#writtenAt.has(key);
    this.#writtenAt.set(key, this.#writtenAt.get(key) ?? now);
    return isNews;
  }

  async #writeWaiting(): Promise<void> {
    if (this.#writing) {
      return;
    }
    this.#writing = true;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      try {
        await this.#write(event);
      } catch (error) {
        this.#failed(asError(error));
      }
    }
    this.#writing = false;
  }
}

/** How long the API server may take for one Event, in milliseconds. */
const writeLimitMs = 30_000;

/** Writes Events to the API server that the configuration names. */
export function apiServerWriter(config: KubeConfig, nodeName: string): WriteEvent {
  const transport = new HttpTransport(config);
  return async (event) => {
    const path = `/apis/events.k8s.io/v1/namespaces/${event.namespace}/events`;
    const signal = AbortSignal.timeout(writeLimitMs);
    const response = await transport.post(path, eventObject(event, nodeName, new Date()), signal);
    if (response.status >= 300) {
      throw await apiErrorOf(response);
    }
    // A connection is free for the next one when the answer was read.
    await readText(response);
  };
}
