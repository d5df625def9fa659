import { asError } from '../../base/as-error.ts';
import type { ObjectKey } from '../../cluster/objects.ts';
import type { Inspector } from '../../inspect/inspector.ts';
import { readQuery, type ReadQuery } from '../../inspect/query-text.ts';
import type { Asked, TextAnswer } from '../http/http-endpoint.ts';
import { refusalOf, type Readers } from './may-read.ts';
import { readPageFiles, type PageFiles } from './page-files.ts';

/** Why something becomes of a Service what does, step by step. */
export interface ExplainedService {
  readonly steps: readonly {
    readonly text: string;
    readonly object?: string | null;
    readonly field?: string | null;
  }[];
}

export interface StatusPageOptions {
  readonly inspector: Pick<Inspector, 'services' | 'service' | 'strays' | 'problems' | 'summary'>;
  readonly readers: Readers;
  readonly nodeName: string;
  /** Undefined where there is no such Service. */
  readonly explain: (service: ObjectKey) => ExplainedService | undefined;
}

/** So many questions may wait at a time: who asks for more is not heard. */
const questionsAtMost = 16;

const common = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

const apiPath = '/status/api/';
const filePath = '/status/';

/** The status page with its API: it shows this node, and changes nothing. */
export class StatusPage {
  readonly #options: StatusPageOptions;
  #files: PageFiles | undefined;
  #waiting = 0;

  constructor(options: StatusPageOptions) {
    this.#options = options;
  }

  /** The answer for a path; undefined for one that is not the status page's. */
  async answer(path: string, asked: Asked): Promise<TextAnswer | undefined> {
    const isOwn = path === '/' || path === '/status' || path.startsWith(filePath);
    if (!isOwn) {
      return undefined;
    }
    const { readers, nodeName } = this.#options;
    const refusal = refusalOf(asked, readers, nodeName);
    if (refusal !== undefined) {
      return text(403, refusal);
    }
    return path.startsWith(apiPath)
      ? this.#answerApi(path.slice(apiPath.length), asked.query)
      : this.#answerFile(path);
  }

  #answerFile(path: string): TextAnswer {
    this.#files ??= readPageFiles();
    if (path === '/') {
      return page(
        '<!doctype html><html lang="en"><title>kube-ipvs</title><p><a href="/status">status</a></p><p><a href="/metrics">metrics</a></p></html>\n',
      );
    }
    // By name, from a list: no path leads anywhere else.
    const name = path === '/status' ? 'index.html' : path.slice(filePath.length);
    const body = this.#files.get(name);
    const type = contentTypes[name.slice(name.lastIndexOf('.') + 1)];
    return body === undefined || type === undefined
      ? text(404, 'there is no such page')
      : { status: 200, headers: { ...common, 'Content-Type': type }, body };
  }

  async #answerApi(name: string, query: URLSearchParams): Promise<TextAnswer> {
    const read = readQuery(query);
    if ('mistake' in read) {
      return text(400, read.mistake);
    }
    if (this.#waiting >= questionsAtMost) {
      return text(503, 'too many questions at a time');
    }
    this.#waiting += 1;
    try {
      const found = await this.#find(name, query, read);
      return found === undefined
        ? text(404, 'there is no such thing')
        : {
            status: 200,
            headers: { ...common, 'Content-Type': 'application/json' },
            body: JSON.stringify(found),
          };
    } catch (error) {
      return text(503, `the kernel could not be read: ${asError(error).message}`);
    } finally {
      this.#waiting -= 1;
    }
  }

  async #find(
    name: string,
    query: URLSearchParams,
    { filter, request }: Exclude<ReadQuery, { readonly mistake: string }>,
  ): Promise<object | undefined> {
    const { inspector, explain } = this.#options;
    switch (name) {
      case 'summary':
        return inspector.summary();
      case 'services':
        return inspector.services(filter, request);
      case 'strays':
        return inspector.strays(filter, request);
      case 'problems':
        return inspector.problems(filter, request);
      case 'service':
        return inspector.service(query.get('service') ?? '');
      case 'explain':
        return explain(query.get('service') ?? '');
      default:
        return undefined;
    }
  }
}

function page(body: string): TextAnswer {
  return { status: 200, headers: { ...common, 'Content-Type': contentTypes['html'] ?? '' }, body };
}

function text(status: number, message: string): TextAnswer {
  return {
    status,
    headers: { ...common, 'Content-Type': 'text/plain; charset=utf-8' },
    body: `${message}\n`,
  };
}
