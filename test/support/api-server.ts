import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Recording } from './recordings.ts';

/** A request that the server has got. */
export interface ServedRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** What a request asks for: a check is a list of one object, for the sake of its version. */
export type Asked = 'list' | 'check' | 'watch';

/** Answers a request. */
export type Answer = (response: ServerResponse, request: ServedRequest) => void;

/**
 * A small HTTP server in the place of an API server. A test gives it the answers to
 * lists and watches of each path, in order; the last one serves for all that follow.
 */
export class TestApiServer {
  readonly requests: ServedRequest[] = [];
  /** Returns what no answer was prepared for. */
  fallback: Answer = status(404, 'no answer prepared');
  readonly #server: Server;
  readonly #answers = new Map<string, Answer[]>();

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response);
    });
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    // A server that listens on TCP has an address of this type.
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  onList(path: string, ...answers: Answer[]): void {
    this.#answers.set(`list ${path}`, answers);
  }

  onWatch(path: string, ...answers: Answer[]): void {
    this.#answers.set(`watch ${path}`, answers);
  }

  onCheck(path: string, ...answers: Answer[]): void {
    this.#answers.set(`check ${path}`, answers);
  }

  /** The requests of one kind, to one path. */
  served(asked: Asked, path: string): ServedRequest[] {
    return this.requests.filter(
      (request) => request.path === path && askedBy(request.query) === asked,
    );
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const served = { path: url.pathname, query: url.searchParams, headers: request.headers };
    this.requests.push(served);
    const answers = this.#answers.get(`${askedBy(url.searchParams)} ${url.pathname}`) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    (answer ?? this.fallback)(response, served);
  }
}

function askedBy(query: URLSearchParams): Asked {
  if (query.has('watch')) {
    return 'watch';
  }
  return query.get('limit') === '1' ? 'check' : 'list';
}

const listKinds: ReadonlyMap<string, string> = new Map([
  ['/api/v1/services', 'ServiceList'],
  ['/api/v1/nodes', 'NodeList'],
  ['/apis/discovery.k8s.io/v1/endpointslices', 'EndpointSliceList'],
]);

/** A page of a list. */
export function list(
  items: readonly unknown[],
  metadata: { readonly resourceVersion: string; readonly continue?: string },
): Answer {
  return (response, { path, headers }) => {
    const isMetadataOnly = headers.accept?.includes('as=PartialObjectMetadataList') === true;
    const kind = isMetadataOnly ? 'PartialObjectMetadataList' : (listKinds.get(path) ?? 'List');
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify({ kind, apiVersion: 'v1', metadata, items })}\n`);
  };
}

/** A Status of failure, as the API server sends it. */
export function status(
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(`${JSON.stringify({ kind: 'Status', status: 'Failure', message, code })}\n`);
  };
}

/** A watch that tells these events, and then stays open, ends, or breaks. */
export function watch(events: readonly unknown[], then: 'open' | 'end' | 'break'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    response.write(text === '' ? '\n' : text, () => {
      if (then === 'end') {
        response.end();
      } else if (then === 'break') {
        response.destroy();
      }
    });
  };
}

/** A recorded answer, in the chunks in which it came, without the pauses. */
export function replay(recording: Recording): Answer {
  return (response) => {
    const headers = Object.entries(recording.headers).filter(([name]) => !isHopByHop(name));
    response.writeHead(recording.status, Object.fromEntries(headers));
    recording.chunks.forEach(({ text }) => response.write(text));
    if (recording.end === 'error') {
      response.flushHeaders();
      setTimeout(() => response.destroy(), 20);
    } else {
      response.end();
    }
  };
}

function isHopByHop(name: string): boolean {
  return ['connection', 'transfer-encoding', 'content-length', 'date'].includes(name);
}

/** A watch event. */
export function event(
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK',
  object: unknown,
): unknown {
  return { type, object };
}
