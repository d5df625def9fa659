import { isObject } from '../../cluster/fields.ts';
import { ApiError, apiErrorOf, apiErrorOfEvent, parseJson } from './api-error.ts';
import { listPath, watchPath, type Resource } from './resource.ts';
import { readLines, readText, type ApiTransport } from './transport.ts';

const listLimitMs = 60_000;

/** How much longer than agreed a watch may take before it counts as dead. */
const watchGraceMs = 30_000;

/**
 * Fetches a complete list, page by page, and hands over each object as it comes, so
 * that no more than a page of full objects is held. Answers the version of the list.
 */
export async function listAll(
  transport: ApiTransport,
  resource: Resource,
  onObject: (raw: unknown) => void,
  signal: AbortSignal,
): Promise<string> {
  let continueToken: string | undefined;
  for (;;) {
    const page = await fetchPage(transport, listPath(resource, continueToken), signal);
    page.items.forEach(onObject);
    if (page.continueToken === undefined) {
      return page.version;
    }
    continueToken = page.continueToken;
  }
}

interface Page {
  readonly items: readonly unknown[];
  readonly version: string;
  readonly continueToken: string | undefined;
}

async function fetchPage(
  transport: ApiTransport,
  path: string,
  signal: AbortSignal,
): Promise<Page> {
  const response = await transport.get(path, signal, listLimitMs);
  if (response.status !== 200) {
    throw await apiErrorOf(response);
  }
  const list = parseJson(await readText(response));
  const version = metadataText(list, 'resourceVersion');
  const items = isObject(list) ? (list['items'] ?? []) : undefined;
  if (!Array.isArray(items) || version === undefined) {
    throw new ApiError(response.status, 'the answer is not a list of objects');
  }
  return { items, version, continueToken: metadataText(list, 'continue') };
}

/** What a watch tells. */
export type WatchEvent =
  | { readonly kind: 'set'; readonly raw: unknown; readonly version: string | undefined }
  | { readonly kind: 'deleted'; readonly raw: unknown; readonly version: string | undefined }
  /** Nothing happened up to this version. */
  | { readonly kind: 'bookmark'; readonly version: string | undefined };

/**
 * Watches from a version on. Ends when the server ends the watch in peace; throws an
 * ApiError when it refuses or ends it with one, other errors when the connection breaks.
 */
export async function* watchFrom(
  transport: ApiTransport,
  resource: Resource,
  version: string,
  timeoutSeconds: number,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const path = watchPath(resource, version, timeoutSeconds);
  const response = await transport.get(path, signal, timeoutSeconds * 1000 + watchGraceMs);
  if (response.status !== 200) {
    throw await apiErrorOf(response);
  }
  for await (const line of readLines(response)) {
    if (line !== '') {
      yield readEvent(parseJson(line));
    }
  }
}

function readEvent(event: unknown): WatchEvent {
  const { type, object } = isObject(event) ? event : {};
  const version = metadataText(object, 'resourceVersion');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'set', raw: object, version };
    case 'DELETED':
      return { kind: 'deleted', raw: object, version };
    case 'BOOKMARK':
      return { kind: 'bookmark', version };
    case 'ERROR':
      throw apiErrorOfEvent(object);
    default:
      throw new ApiError(200, 'the answer holds something that is not a watch event');
  }
}

/** A text of the metadata; undefined for an empty one. */
function metadataText(object: unknown, field: 'resourceVersion' | 'continue'): string | undefined {
  const metadata = isObject(object) ? object['metadata'] : undefined;
  const text = isObject(metadata) ? metadata[field] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
