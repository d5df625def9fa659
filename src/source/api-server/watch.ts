import { isObject } from '../../cluster/fields.ts';
import { ApiError, apiErrorOf, apiErrorOfEvent, parseJson } from './api-error.ts';
import type { Clock } from './clock.ts';
import { metadataText } from './object-metadata.ts';
import { acceptOf, watchPath, type Resource } from './resource.ts';
import { getWithin, type SilenceLimits } from './silence-limit.ts';
import { readLines, type ApiTransport } from './transport.ts';

/**
 * A server begins its answer at once, and then sends a bookmark each minute (with
 * jitter, up to 75 s): a connection without two of them in a row is dead.
 */
const watchLimits: SilenceLimits = { answerMs: 30_000, pieceMs: 150_000 };

/** What a watch tells. */
export type WatchEvent =
  | ObjectEvent
  /** Nothing more happened up to this version. */
  | { readonly kind: 'bookmark'; readonly version: string | undefined };

export interface ObjectEvent {
  readonly kind: 'set' | 'deleted';
  readonly raw: unknown;
  readonly version: string | undefined;
  /** When it arrived, by the clock. */
  readonly arrivedMs: number;
}

export interface WatchOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly resource: Resource;
  readonly version: string;
  /** After this time the server is to end the watch. */
  readonly timeoutSeconds: number;
}

/**
 * Watches from a version on. Ends when the server ends the watch in peace; throws an
 * ApiError when it refuses or ends it with one, a SilenceError when nothing is heard for
 * too long, other errors when the connection breaks.
 */
export async function* watchFrom(
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const { transport, clock, resource, version, timeoutSeconds } = options;
  const path = watchPath(resource, version, timeoutSeconds);
  const request = { path, accept: acceptOf(resource, 'watch') };
  const response = await getWithin(transport, clock, watchLimits, request, signal);
  if (response.status !== 200) {
    throw await apiErrorOf(response);
  }
  for await (const { text, arrivedMs } of readLines(response, () => clock.now())) {
    if (text !== '') {
      yield readEvent(parseJson(text), arrivedMs);
    }
  }
}

function readEvent(event: unknown, arrivedMs: number): WatchEvent {
  const { type, object } = isObject(event) ? event : {};
  const version = metadataText(object, 'resourceVersion');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'set', raw: object, version, arrivedMs };
    case 'DELETED':
      return { kind: 'deleted', raw: object, version, arrivedMs };
    case 'BOOKMARK':
      return { kind: 'bookmark', version };
    case 'ERROR':
      throw apiErrorOfEvent(object);
    default:
      throw new ApiError(200, 'the answer holds something that is not a watch event');
  }
}
