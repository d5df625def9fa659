import { asError } from '../../base/as-error.ts';
import type { Problem } from '../../base/problem.ts';
import { ApiError } from './api-error.ts';
import { describeResource, type Resource, type Verb } from './resource.ts';
import { SilenceError } from './silence-limit.ts';
import { UnreachableError } from './transport.ts';

/** Why a request of a reflector came to nothing. */
export type FailureReason =
  /** There was no connection. */
  | 'unreachable'
  /** The connection broke, or could not be used. */
  | 'broken'
  /** Nothing was heard for too long. */
  | 'silent'
  /** The server ended a watch as soon as it had begun. */
  | 'ended early'
  /** The server no longer has the version or the continue token. */
  | 'expired'
  /** The server's history went back: etcd was restored from a backup. */
  | 'rewound'
  | 'unauthorized'
  | 'forbidden'
  /** Too many requests. */
  | 'busy'
  | 'server error'
  /** Other refusals. */
  | 'refused'
  /** An answer that makes no sense. */
  | 'bad answer';

export interface Policy {
  /**
   * When to try again: at once (with a growing wait when it happens again), after a wait
   * that stays below a second, or after one that grows.
   */
  readonly retry: 'at once' | 'steady' | 'growing';
  /**
   * What becomes of the version: it stays good, or it has to be compared with the
   * server's first (the server may be another one, with a restored etcd), or a new list
   * is due.
   */
  readonly version: 'keep' | 'check' | 'drop';
  /** It may happen in the best of clusters: only when it is repeated an operator hears of it. */
  readonly isQuietAtFirst?: boolean;
}

/**
 * What follows from each reason. Where no server answers, trying often costs nobody
 * anything, and changes arrive soon after its return; a server that answers with errors
 * is spared.
 */
export const policies: Readonly<Record<FailureReason, Policy>> = {
  unreachable: { retry: 'steady', version: 'check' },
  broken: { retry: 'growing', version: 'check' },
  silent: { retry: 'at once', version: 'check' },
  'ended early': { retry: 'growing', version: 'keep', isQuietAtFirst: true },
  expired: { retry: 'at once', version: 'drop', isQuietAtFirst: true },
  rewound: { retry: 'at once', version: 'drop' },
  unauthorized: { retry: 'growing', version: 'keep' },
  forbidden: { retry: 'growing', version: 'keep' },
  busy: { retry: 'growing', version: 'keep' },
  'server error': { retry: 'growing', version: 'keep' },
  refused: { retry: 'growing', version: 'drop' },
  'bad answer': { retry: 'growing', version: 'drop' },
};

/** The server ended a watch as soon as it had begun. */
export class EndedEarlyError extends Error {
  override readonly name = 'EndedEarlyError';

  constructor() {
    super('the server ended the watch at once');
  }
}

/** The server's present version is an earlier one than a version heard of before. */
export class RewoundError extends Error {
  override readonly name = 'RewoundError';

  constructor(present: string, before: string) {
    super(`the server is at resource version ${present} after ${before}; a new list follows`);
  }
}

export function reasonOf(error: unknown): FailureReason {
  if (error instanceof ApiError) {
    return reasonOfAnswer(error);
  }
  if (error instanceof UnreachableError) {
    return 'unreachable';
  }
  if (error instanceof SilenceError) {
    return 'silent';
  }
  if (error instanceof EndedEarlyError) {
    return 'ended early';
  }
  return error instanceof RewoundError ? 'rewound' : 'broken';
}

/** Whether the version asked for may be at fault, and another one would do. */
export function mayBeDueToVersion(error: unknown): boolean {
  return error instanceof EndedEarlyError || (error instanceof ApiError && error.status === 500);
}

const reasonsByStatus: ReadonlyMap<number, FailureReason> = new Map([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [410, 'expired'],
  [429, 'busy'],
]);

function reasonOfAnswer({ status, message }: ApiError): FailureReason {
  const known = reasonsByStatus.get(status);
  if (known !== undefined) {
    return known;
  }
  if (status < 400) {
    return 'bad answer';
  }
  // A server answers 500 to a version that it cannot read (bad-resource-version in the
  // recordings): the version is at fault then, not the server.
  return status >= 500 && !message.startsWith('resourceVersion:') ? 'server error' : 'refused';
}

const apiServer = 'API server';

/** Whether a problem is that of a request, and not of an object that was listed or watched. */
export function isOfRequest({ object }: Problem): boolean {
  return object === apiServer;
}

/** One sentence for an operator; a missing permission by its name. */
export function describeFailure(error: unknown, verb: Verb, resource: Resource): Problem {
  const what = describeResource(resource);
  const allowed = `${introduction(reasonOf(error), verb, what)}: ${messageOf(error)}`;
  return { object: apiServer, field: '', value: undefined, allowed };
}

function introduction(reason: FailureReason, verb: Verb, what: string): string {
  switch (reason) {
    case 'forbidden':
      return `the permission is missing to ${verb} ${what}`;
    case 'unauthorized':
      return `the credentials are not accepted (to ${verb} ${what})`;
    default:
      return `cannot ${verb} ${what}`;
  }
}

/** The message of an error; those of its parts where it is made of several. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map(messageOf).join('; ');
  }
  return asError(error).message;
}
