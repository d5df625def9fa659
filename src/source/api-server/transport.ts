/** The answer to a GET, as soon as its headers are there. */
export interface ApiResponse {
  readonly status: number;
  /** The header Retry-After, where it is a number of seconds. */
  readonly retryAfterSeconds: number | undefined;
  /** The header Date: what time it is for the server. */
  readonly date?: string | undefined;
  /** The body, piece by piece as it arrives. Throws when the connection breaks. */
  readonly body: AsyncIterable<string>;
}

/** Sends requests to the API server, with its address and the credentials. */
export interface ApiTransport {
  /**
   * Rejects when there is no answer: with an UnreachableError when there was not even
   * a connection. An aborted signal ends the request, and the body that is read. `accept` is the
   * media type of the answer, JSON where it is missing.
   */
  get(path: string, signal: AbortSignal, accept?: string): Promise<ApiResponse>;
  close(): void;
}

/** No connection to the API server came about: the request has cost it nothing. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** The whole body as one text. */
export async function readText(response: ApiResponse): Promise<string> {
  let text = '';
  for await (const piece of response.body) {
    text += piece;
  }
  return text;
}

/** A line of a body, and when its last piece arrived, in the time of `now`. */
export interface ArrivedLine {
  readonly text: string;
  readonly arrivedMs: number;
}

/**
 * The lines of the body, each as soon as it is complete. Only a line feed ends a line:
 * JSON may hold U+2028, which node:readline takes for an end as well. What follows the
 * last line feed was cut off, and is dropped.
 */
export async function* readLines(
  response: ApiResponse,
  now: () => number,
): AsyncGenerator<ArrivedLine> {
  let pieces: string[] = [];
  for await (const piece of response.body) {
    const arrivedMs = now();
    let start = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', start)) {
      yield { text: pieces.join('') + piece.slice(start, end), arrivedMs };
      pieces = [];
      start = end + 1;
    }
    pieces.push(piece.slice(start));
  }
}
