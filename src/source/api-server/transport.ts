/** The answer to a GET, as soon as its headers are there. */
export interface ApiResponse {
  readonly status: number;
  /** The header Retry-After, where it is a number of seconds. */
  readonly retryAfterSeconds: number | undefined;
  /** The body, piece by piece as it arrives. Throws when the connection breaks. */
  readonly body: AsyncIterable<string>;
}

/** Sends requests to the API server, with its address and the credentials. */
export interface ApiTransport {
  /**
   * Rejects when there is no answer. `limitMs` bounds the whole exchange, the body
   * included: a connection that has died without a word ends in an error by then.
   */
  get(path: string, signal: AbortSignal, limitMs: number): Promise<ApiResponse>;
  close(): void;
}

/** The whole body as one text. */
export async function readText(response: ApiResponse): Promise<string> {
  let text = '';
  for await (const piece of response.body) {
    text += piece;
  }
  return text;
}

/**
 * The lines of the body, each as soon as it is complete. Only a line feed ends a line:
 * JSON may hold U+2028, which node:readline takes for an end as well. What follows the
 * last line feed was cut off, and is dropped.
 */
export async function* readLines(response: ApiResponse): AsyncGenerator<string> {
  let pieces: string[] = [];
  for await (const piece of response.body) {
    let start = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', start)) {
      yield pieces.join('') + piece.slice(start, end);
      pieces = [];
      start = end + 1;
    }
    pieces.push(piece.slice(start));
  }
}
