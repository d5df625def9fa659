import type { FailureReason } from './failure.ts';
import type { Resource, Verb } from './resource.ts';

/** A request of a reflector: a list counts once, whatever the number of its pages. */
export type Request = Verb | 'version check';

/** Hears of what the reflectors do, for metrics. */
export interface ReflectorObserver {
  requested(resource: Resource, request: Request): void;
  /** A complete list has arrived; `durationMs` since its first page was asked for. */
  listed(resource: Resource, objects: number, durationMs: number): void;
  /** A watch ended as agreed with the server; the next one begins at once. */
  watchEnded(resource: Resource): void;
  /** A request failed, and the next one follows after `delayMs`. */
  failed(resource: Resource, request: Request, reason: FailureReason, delayMs: number): void;
  /** The server was heard again after failures, told or not. */
  heardAgain(resource: Resource): void;
  /** Something was heard again after failures that were told. */
  recovered(resource: Resource): void;
  /** The kernel has all of a request. */
  sent(): void;
  /** A request was answered with an HTTP status, or was not answered. */
  answered(host: string, method: string, status: number | 'none'): void;
  /** The resource is followed no longer. */
  ended(resource: Resource): void;
  /** An event that is older than what is known already was passed over. */
  passedOver(resource: Resource): void;
}

/** Listens to nothing. */
export const noObserver: ReflectorObserver = {
  requested: () => undefined,
  listed: () => undefined,
  watchEnded: () => undefined,
  failed: () => undefined,
  heardAgain: () => undefined,
  recovered: () => undefined,
  sent: () => undefined,
  answered: () => undefined,
  ended: () => undefined,
  passedOver: () => undefined,
};
