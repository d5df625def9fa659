import type { ProblemListener } from '../source.ts';
import { ApiError } from './api-error.ts';
import { BackOff } from './back-off.ts';
import type { Clock } from './clock.ts';
import {
  describeFailure,
  EndedEarlyError,
  mayBeDueToVersion,
  policies,
  reasonOf,
  RewoundError,
  type FailureReason,
} from './failure.ts';
import { PagedList, presentVersion } from './paged-list.ts';
import type { ReflectorObserver, Request } from './reflector-observer.ts';
import { isEarlier } from './resource-version.ts';
import type { Resource } from './resource.ts';
import type { ApiTransport } from './transport.ts';
import { watchFrom, type ObjectEvent, type WatchEvent } from './watch.ts';

/** Where a reflector's findings go. `T` is the reduced object. */
export interface ReflectorTarget<T> {
  /** Reduces an object on arrival; undefined for one that does not count. */
  reduce(raw: unknown): T | undefined;
  /** A complete list: what it lacks is gone. */
  replace(values: readonly T[]): void;
  /** `arrivedMs`: when the event was there, by the clock. */
  set(value: T, arrivedMs: number): void;
  /** The object is gone, or does not count any more. */
  remove(raw: unknown, arrivedMs: number): void;
}

export interface ReflectorOptions<T> {
  readonly resource: Resource;
  readonly transport: ApiTransport;
  readonly target: ReflectorTarget<T>;
  readonly clock: Clock;
  readonly onProblem: ProblemListener;
  readonly observer: ReflectorObserver;
}

/** The least time until the server ends a watch; up to twice that, as client-go asks for. */
const watchSeconds = 300;

/** A watch that ends sooner counts as a failure: the next one would end as soon. */
const shortestWatchMs = 1000;

/** The longest wait that a server can ask for. */
const longestAskedMs = 60_000;

/** After so many failures in a row that may be due to the version, a new list is due. */
const suspectFailuresUntilList = 8;

/**
 * Keeps a target equal to a resource at the API server: lists it once, then watches
 * from the version of the list on. When a watch ends in peace the next one begins at
 * once; after an error, with a delay, from the last version heard of. A new list is
 * fetched when the server does not have that version any more, or not yet.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #backOff: BackOff;
  readonly #firstAttempt = Promise.withResolvers<undefined>();
  readonly #firstList = Promise.withResolvers<undefined>();
  /** The failures since something went well last. */
  readonly #failedWith = new Set<FailureReason>();
  readonly #reported = new Set<string>();
  #list: PagedList<T>;
  #listStartedMs = 0;
  /** Undefined while a list is due. */
  #version: string | undefined;
  #isVersionInDoubt = false;
  #suspectFailures = 0;
  #request: Request = 'list';

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backOff = new BackOff(() => options.clock.random());
    this.#list = this.#newList();
  }

  /** Resolves when the first list has been tried, whatever came of it. */
  get firstAttempt(): Promise<void> {
    return this.#firstAttempt.promise;
  }

  /** Resolves when the target has its first complete list, or the reflector has ended. */
  get firstList(): Promise<void> {
    return this.#firstList.promise;
  }

  /** Runs until the signal is aborted. Errors are reported, never thrown. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        await this.#recover(error, signal);
      }
    }
    this.#firstAttempt.resolve(undefined);
    this.#firstList.resolve(undefined);
    this.#options.observer.ended(this.#options.resource);
  }

  async #step(signal: AbortSignal): Promise<void> {
    if (this.#version === undefined) {
      this.#version = await this.#fetchList(signal);
      this.#isVersionInDoubt = false;
    } else if (this.#isVersionInDoubt) {
      await this.#checkVersion(this.#version, signal);
      this.#isVersionInDoubt = false;
    } else {
      await this.#watch(this.#version, signal);
    }
  }

  async #fetchList(signal: AbortSignal): Promise<string> {
    const { clock, observer, resource, target } = this.#options;
    this.#ask('list');
    this.#listStartedMs ||= clock.now();
    const { values, version } = await this.#list.complete(signal);
    observer.listed(resource, values.length, clock.now() - this.#listStartedMs);
    this.#list = this.#newList();
    this.#listStartedMs = 0;
    target.replace(values);
    this.#firstAttempt.resolve(undefined);
    this.#firstList.resolve(undefined);
    return version;
  }

  #newList(): PagedList<T> {
    const { transport, clock, resource, target } = this.#options;
    return new PagedList({ transport, clock, resource, reduce: (raw) => target.reduce(raw) });
  }

  /**
   * A server that is back with a restored etcd accepts a watch from a version that it
   * does not have yet, and tells nothing until it has it: what changes before is lost.
   */
  async #checkVersion(version: string, signal: AbortSignal): Promise<void> {
    const { transport, clock, resource } = this.#options;
    this.#ask('version check');
    const present = await presentVersion(transport, clock, resource, signal);
    if (isEarlier(present, version)) {
      throw new RewoundError(present, version);
    }
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { transport, resource, clock, observer } = this.#options;
    this.#ask('watch');
    const startedAt = clock.now();
    const timeoutSeconds = Math.round(watchSeconds * (1 + clock.random()));
    const options = { transport, clock, resource, version, timeoutSeconds };
    for await (const event of watchFrom(options, signal)) {
      this.#apply(event);
      this.#succeeded();
    }
    if (clock.now() - startedAt < shortestWatchMs) {
      throw new EndedEarlyError();
    }
    this.#succeeded();
    observer.watchEnded(resource);
  }

  #apply(event: WatchEvent): void {
    const { version } = event;
    if (version !== undefined && isEarlier(version, this.#version ?? version)) {
      // A watch tells things in order: this one is known already, and what came after it.
      this.#options.observer.passedOver(this.#options.resource);
      return;
    }
    if (event.kind !== 'bookmark') {
      this.#applyToTarget(event);
    }
    this.#version = version ?? this.#version;
  }

  #applyToTarget({ kind, raw, arrivedMs }: ObjectEvent): void {
    const { target } = this.#options;
    const value = kind === 'set' ? target.reduce(raw) : undefined;
    if (value === undefined) {
      target.remove(raw, arrivedMs);
    } else {
      target.set(value, arrivedMs);
    }
  }

  #ask(request: Request): void {
    this.#request = request;
    this.#options.observer.requested(this.#options.resource, request);
  }

  #succeeded(): void {
    this.#backOff.reset();
    this.#suspectFailures = 0;
    if (this.#failedWith.size > 0) {
      this.#failedWith.clear();
      this.#options.observer.heardAgain(this.#options.resource);
    }
    if (this.#reported.size > 0) {
      this.#reported.clear();
      this.#options.observer.recovered(this.#options.resource);
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    this.#firstAttempt.resolve(undefined);
    if (signal.aborted) {
      return;
    }
    const reason = reasonOf(error);
    this.#suspectFailures += mayBeDueToVersion(error) ? 1 : 0;
    this.#reconsiderVersion(reason);
    const isFirst = !this.#failedWith.has(reason);
    this.#failedWith.add(reason);
    if (!isFirst || !policies[reason].isQuietAtFirst) {
      this.#report(error);
    }
    const isAtOnce = isFirst && policies[reason].retry === 'at once';
    const delayMs = this.#delayAfter(error, reason);
    const { clock, observer, resource } = this.#options;
    observer.failed(resource, this.#request, reason, isAtOnce ? 0 : delayMs);
    if (!isAtOnce) {
      await clock.sleep(delayMs, signal);
    }
  }

  #reconsiderVersion(reason: FailureReason): void {
    const policy = policies[reason].version;
    if (policy === 'drop' || this.#suspectFailures >= suspectFailuresUntilList) {
      this.#version = undefined;
      this.#suspectFailures = 0;
    } else if (policy === 'check') {
      this.#isVersionInDoubt = true;
    }
    if (reason === 'expired' && this.#request === 'list') {
      this.#list = this.#list.afterExpiry();
    }
  }

  #delayAfter(error: unknown, reason: FailureReason): number {
    if (policies[reason].retry === 'steady') {
      // Whatever comes next is a new start: a server that was away is a fresh one.
      this.#backOff.reset();
      return this.#backOff.steady();
    }
    const askedMs = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const spread = 1 + this.#options.clock.random() / 2;
    return Math.max(this.#backOff.next(), Math.min(askedMs, longestAskedMs) * spread);
  }

  /** Tells of an error once, until something has gone well again. */
  #report(error: unknown): void {
    const verb = this.#request === 'watch' ? 'watch' : 'list';
    const problem = describeFailure(error, verb, this.#options.resource);
    if (!this.#reported.has(problem.allowed)) {
      this.#reported.add(problem.allowed);
      this.#options.onProblem(problem);
    }
  }
}
