import { reachableAddress, type BindAddress } from '../../net/bind-address.ts';
import { queryText } from '../../inspect/query-text.ts';
import type {
  PageRequest,
  ProblemPage,
  ServicePage,
  StrayPage,
  Summary,
} from '../../inspect/pages.ts';
import { ask } from '../../base/http/ask.ts';
import type { ServiceFilter } from '../../inspect/service-query.ts';
import type { ShownNode } from './shown-node.ts';

/** How long the daemon may be silent, in milliseconds; whether it is there shows sooner. */
const answerLimitMs = 10_000;
const greetingLimitMs = 2000;

/** What the running daemon knows, by the API of its status page. */
export class DaemonClient implements ShownNode {
  readonly #address: BindAddress;

  private constructor(address: BindAddress) {
    this.#address = address;
  }

  /**
   * The daemon of this version at an address. Rejects with an error that says why there is none: nobody
   * answers, the status page is off, another version runs.
   */
  static async connect(address: BindAddress, version: string): Promise<DaemonClient> {
    const client = new DaemonClient(address);
    const summary = await client.#get<Partial<Summary>>('summary', greetingLimitMs);
    if (summary.version !== version) {
      const other = typeof summary.version === 'string' ? summary.version : 'another';
      throw new Error(`it is of version ${other}, and this is ${version}`);
    }
    return client;
  }

  services(filter: ServiceFilter, request: PageRequest): Promise<ServicePage> {
    return this.#get(`services?${queryText(filter, request)}`);
  }

  strays(filter: ServiceFilter, request: PageRequest): Promise<StrayPage> {
    return this.#get(`strays?${queryText(filter, request)}`);
  }

  problems(filter: ServiceFilter, request: PageRequest): Promise<ProblemPage> {
    return this.#get(`problems?${queryText(filter, request)}`);
  }

  summary(): Promise<Summary> {
    return this.#get('summary');
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Each question has a connection of its own.
  }

  async #get<Body>(path: string, silenceMs = answerLimitMs): Promise<Body> {
    const { status, body } = await ask(
      reachableAddress(this.#address),
      `/status/api/${path}`,
      silenceMs,
    );
    if (status !== 200) {
      const { host, port } = this.#address;
      throw new Error(
        `the daemon at ${host} port ${port} answers ${status}: ${body.slice(0, 200)}`,
      );
    }
    // By the same version of the program, as `connect` has seen.
    return JSON.parse(body) as Body;
  }
}
