import { isObject } from '../../cluster/fields.ts';
import { ApiError, apiErrorOf } from './api-error.ts';
import type { Clock } from './clock.ts';
import { ListSplitter } from './list-splitter.ts';
import { metadataText } from './object-metadata.ts';
import { acceptOf, listPath, oneObjectPath, type Resource } from './resource.ts';
import { getWithin, type SilenceLimits } from './silence-limit.ts';
import type { ApiResponse, ApiTransport } from './transport.ts';

/** The server itself gives up after a minute. */
const listLimits: SilenceLimits = { answerMs: 65_000, pieceMs: 30_000 };

export interface ListOptions<T> {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly resource: Resource;
  /** Reduces an object as it arrives; undefined for one that does not count. */
  readonly reduce: (raw: unknown) => T | undefined;
}

/**
 * A list on its way, page by page. After an error it goes on from the page that failed;
 * no more than one object is held in full.
 */
export class PagedList<T> {
  readonly #options: ListOptions<T>;
  readonly #isPaged: boolean;
  readonly #values: T[] = [];
  #continueToken: string | undefined;
  #version: string | undefined;

  constructor(options: ListOptions<T>, isPaged = true) {
    this.#options = options;
    this.#isPaged = isPaged;
  }

  /**
   * What to do when the continue token has expired: the whole list in one answer, which
   * has no token to expire. The token that the server offers instead would continue at
   * another version, and changes to the first pages in between would be lost.
   */
  afterExpiry(): PagedList<T> {
    return new PagedList(this.#options, !this.#isPaged);
  }

  /** Fetches what is missing. Answers all reduced objects, and the version of the list. */
  async complete(
    signal: AbortSignal,
  ): Promise<{ readonly values: readonly T[]; readonly version: string }> {
    for (;;) {
      const page = await this.#fetchPage(signal);
      page.values.forEach((value) => this.#values.push(value));
      this.#version ??= page.version;
      this.#continueToken = page.continueToken;
      if (page.continueToken === undefined) {
        return { values: this.#values, version: this.#version };
      }
    }
  }

  async #fetchPage(signal: AbortSignal): Promise<Page<T>> {
    const { transport, clock, resource, reduce } = this.#options;
    const path = listPath(resource, this.#isPaged, this.#continueToken);
    const request = { path, accept: acceptOf(resource, 'list') };
    const response = await getWithin(transport, clock, listLimits, request, signal);
    const values: T[] = [];
    const list = await readList(response, resource, (raw) => {
      const value = reduce(raw);
      if (value !== undefined) {
        values.push(value);
      }
    });
    return { values, ...list };
  }
}

interface Page<T> extends ListMetadata {
  readonly values: readonly T[];
}

interface ListMetadata {
  readonly version: string;
  readonly continueToken: string | undefined;
}

/** The version that the server is at, from a list that is as short as can be. */
export async function presentVersion(
  transport: ApiTransport,
  clock: Clock,
  resource: Resource,
  signal: AbortSignal,
): Promise<string> {
  const path = oneObjectPath(resource);
  const request = { path, accept: acceptOf(resource, 'list') };
  const response = await getWithin(transport, clock, listLimits, request, signal);
  const { version } = await readList(response, resource, () => undefined);
  return version;
}

async function readList(
  response: ApiResponse,
  resource: Resource,
  onItem: (raw: unknown) => void,
): Promise<ListMetadata> {
  if (response.status !== 200) {
    throw await apiErrorOf(response);
  }
  const splitter = new ListSplitter(onItem);
  try {
    for await (const piece of response.body) {
      splitter.push(piece);
    }
    return readEnvelope(splitter.end(), resource);
  } catch (error) {
    throw error instanceof SyntaxError ? notAList(resource, error.message) : error;
  }
}

/**
 * Version and continue token. It is strict about the kind: what is no list must not be
 * taken for an empty one, after which everything would be removed.
 */
function readEnvelope(list: unknown, resource: Resource): ListMetadata {
  const { kind, items } = isObject(list) ? list : {};
  const version = metadataText(list, 'resourceVersion');
  if (kind !== resource.listKind) {
    throw notAList(resource, 'of another kind');
  }
  if (version === undefined || (items !== null && !Array.isArray(items))) {
    throw notAList(resource, 'without items or a resourceVersion');
  }
  return { version, continueToken: metadataText(list, 'continue') };
}

function notAList(resource: Resource, detail: string): ApiError {
  return new ApiError(200, `the answer is not a ${resource.listKind}: ${detail}`);
}
