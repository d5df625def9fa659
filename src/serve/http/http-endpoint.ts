import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startTimer } from '../../base/time/timers.ts';

/** What is answered to a GET. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A long one comes in parts, as they are read. */
  readonly body: string | AsyncIterable<string>;
}

/** One that is short. */
export interface TextAnswer extends Answer {
  readonly body: string;
}

/** What may be known of a request besides its path. */
export interface Asked {
  readonly query: URLSearchParams;
  /** The header Host, as it was sent. */
  readonly host: string | undefined;
  /** The address of this machine that the client has connected to. */
  readonly localAddress: string | undefined;
}

/** The answer for a path; undefined for a path that is not served. */
export type Route = (
  path: string,
  asked: Asked,
) => Promise<Answer | undefined> | Answer | undefined;

export interface BindAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpEndpointOptions {
  readonly address: BindAddress;
  readonly route: Route;
  /** The address is listened on. */
  readonly opened?: () => void;
  /** The address cannot be listened on; it is tried again. */
  readonly failed: (error: Error) => void;
  /** How long after a failure, in milliseconds. */
  readonly retryMs?: number;
}

const defaultRetryMs = 5000;
const requestTimeoutMs = 5000;
/** How long a client may read nothing of an answer that it asked for, in milliseconds. */
const stalledMs = 30_000;

/** A small HTTP server for what the outside reads: health and metrics. It answers GET alone. */
export class HttpEndpoint {
  readonly #options: HttpEndpointOptions;
  #server: Server | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: HttpEndpointOptions) {
    this.#options = options;
  }

  /** Starts to listen; what fails is told and tried again. */
  start(): void {
    const { address, route, opened, failed, retryMs = defaultRetryMs } = this.#options;
    const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
      request.resume();
      answer(request, route)
        .then((found) => write(found, request.method, response))
        .catch(() => {
          fail(response);
        });
    });
    server.on('error', (error) => {
      failed(error);
      this.#retry = startTimer(() => {
        this.start();
      }, retryMs);
    });
    server.on('listening', () => opened?.());
    server.listen(address);
    this.#server = server;
  }

  /** Ends all connections at once. */
  stop(): void {
    clearTimeout(this.#retry);
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

async function answer(request: IncomingMessage, route: Route): Promise<Answer> {
  const { method, url = '', headers, socket } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { Allow: 'GET, HEAD' }, body: '' };
  }
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const asked = {
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark)),
    host: headers.host,
    localAddress: socket.localAddress,
  };
  return (await route(path, asked)) ?? { status: 404, headers: {}, body: '' };
}

async function write(
  { status, headers, body }: Answer,
  method: string | undefined,
  response: ServerResponse,
): Promise<void> {
  if (typeof body === 'string' || method === 'HEAD') {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : '');
    return;
  }
  response.setTimeout(stalledMs, () => response.destroy());
  response.writeHead(status, headers);
  await pipeline(Readable.from(body), response);
}

/** Where a part of the answer is under way already, its end shows that it is not complete. */
function fail(response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
  } else {
    response.writeHead(500).end();
  }
}
