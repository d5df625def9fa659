import type { Problem } from '../../problem.ts';
import type { ProblemListener } from '../source.ts';
import { ApiError } from './api-error.ts';
import { BackOff } from './back-off.ts';
import { listAll, watchFrom, type WatchEvent } from './list-and-watch.ts';
import { describeResource, type Resource, type Verb } from './resource.ts';
import type { ApiTransport } from './transport.ts';

/** Where a reflector's findings go. `T` is the reduced object. */
export interface ReflectorTarget<T> {
  /** Reduces an object on arrival; undefined for one that does not count. */
  reduce(raw: unknown): T | undefined;
  /** A complete list: what it lacks is gone. */
  replace(values: readonly T[]): void;
  set(value: T): void;
  /** The object is gone, or does not count any more. */
  remove(raw: unknown): void;
}

/** Time and chance, so that tests can set them. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Resolves early when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
}

export interface ReflectorOptions<T> {
  readonly resource: Resource;
  readonly transport: ApiTransport;
  readonly target: ReflectorTarget<T>;
  readonly clock: Clock;
  readonly onProblem: ProblemListener;
}

/** The least time until the server ends a watch; up to twice that, as client-go asks for. */
const watchSeconds = 300;

/** A watch that ends sooner and tells nothing counts as a failure. */
const shortestWatchMs = 1000;

/** Refusals that say nothing about the version asked for; after others a new list is due. */
const keepsVersion: ReadonlySet<number> = new Set([401, 403, 429, 502, 503, 504]);

/**
 * Keeps a target equal to a resource at the API server: lists it once, then watches
 * from the version of the list on. When a watch ends in peace the next one begins at
 * once; after an error, with a delay, from the last version heard of. A new list is
 * fetched when the server does not take that version.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #backOff: BackOff;
  readonly #firstAttempt = Promise.withResolvers<undefined>();
  readonly #firstList = Promise.withResolvers<undefined>();
  #version: string | undefined;
  #verb: Verb = 'list';
  #reported: string | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backOff = new BackOff(() => options.clock.random());
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
        this.#version ??= await this.#list(signal);
        await this.#watch(this.#version, signal);
      } catch (error) {
        await this.#recover(error, signal);
      }
    }
    this.#firstAttempt.resolve(undefined);
    this.#firstList.resolve(undefined);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { transport, resource, target } = this.#options;
    this.#verb = 'list';
    const values: T[] = [];
    const take = (raw: unknown): void => {
      const value = target.reduce(raw);
      if (value !== undefined) {
        values.push(value);
      }
    };
    const version = await listAll(transport, resource, take, signal);
    target.replace(values);
    this.#firstAttempt.resolve(undefined);
    this.#firstList.resolve(undefined);
    return version;
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { transport, resource, clock } = this.#options;
    this.#verb = 'watch';
    const startedAt = clock.now();
    const timeoutSeconds = Math.round(watchSeconds * (1 + clock.random()));
    let events = 0;
    for await (const event of watchFrom(transport, resource, version, timeoutSeconds, signal)) {
      events += 1;
      this.#apply(event);
      this.#succeeded();
    }
    if (events === 0 && clock.now() - startedAt < shortestWatchMs) {
      throw new Error('the server ended the watch at once');
    }
    this.#succeeded();
  }

  #apply(event: WatchEvent): void {
    const { target } = this.#options;
    if (event.kind === 'set') {
      const value = target.reduce(event.raw);
      if (value === undefined) {
        target.remove(event.raw);
      } else {
        target.set(value);
      }
    } else if (event.kind === 'deleted') {
      target.remove(event.raw);
    }
    this.#version = event.version ?? this.#version;
  }

  #succeeded(): void {
    this.#backOff.reset();
    this.#reported = undefined;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    this.#firstAttempt.resolve(undefined);
    if (signal.aborted) {
      return;
    }
    if (error instanceof ApiError && !keepsVersion.has(error.status)) {
      this.#version = undefined;
    }
    if (error instanceof ApiError && error.isExpired) {
      // A matter of course after a while without contact; one after another is not.
      if (this.#backOff.isFresh) {
        this.#backOff.next();
        return;
      }
    }
    this.#report(error);
    const askedMs = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    await this.#options.clock.sleep(Math.max(this.#backOff.next(), askedMs), signal);
  }

  /** Tells of an error once, until something has gone well again. */
  #report(error: unknown): void {
    const problem = describeError(error, this.#verb, this.#options.resource);
    if (problem.allowed !== this.#reported) {
      this.#reported = problem.allowed;
      this.#options.onProblem(problem);
    }
  }
}

function describeError(error: unknown, verb: Verb, resource: Resource): Problem {
  const what = describeResource(resource);
  const object = 'API server';
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ApiError && error.status === 403) {
    const allowed = `the permission is missing to ${verb} ${what}: ${message}`;
    return { object, field: '', value: undefined, allowed };
  }
  if (error instanceof ApiError && error.status === 401) {
    const allowed = `the credentials are not accepted (to ${verb} ${what}): ${message}`;
    return { object, field: '', value: undefined, allowed };
  }
  return { object, field: '', value: undefined, allowed: `cannot ${verb} ${what}: ${message}` };
}
