import http from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { abortable } from '../../base/abortable.ts';
import { connectAndSend, isLostReuse } from './http-request.ts';
import type { ApiResponse, ApiTransport } from './transport.ts';

export interface HttpTransportOptions {
  /**
   * Reads the KubeConfig anew. Used when the server does not accept the credentials, so
   * that a kubeconfig that was rewritten and the cache of an exec plugin are looked at.
   */
  readonly reload?: () => Promise<KubeConfig>;
  /** How long a TCP connection may take to come about. */
  readonly connectLimitMs?: number;
  /** Hears when the kernel has all of a request. */
  readonly sent?: () => void;
  /** Hears from which address and port each request was answered: the server, or a proxy. */
  readonly answered?: (address: string, port: number) => void;
  /** Hears how each request was answered: with an HTTP status, or not at all. */
  readonly requested?: (host: string, method: string, status: number | 'none') => void;
}

/** Long enough for a lost packet, short enough to notice a server that comes back. */
const defaultConnectLimitMs = 2000;

/** Node gives each address of a name a quarter of a second, which is little for a far server. */
const agentOptions = { keepAlive: true, autoSelectFamilyAttemptTimeout: 1000 };

const unauthorized = 401;

const json = 'application/json';

/**
 * Requests to the API server of a KubeConfig, with its credentials: they are asked for
 * anew with each request, so that tokens and client certificates may rotate.
 */
export class HttpTransport implements ApiTransport {
  readonly #reload: (() => Promise<KubeConfig>) | undefined;
  readonly #connectLimitMs: number;
  readonly #sent: (() => void) | undefined;
  readonly #answered: NonNullable<HttpTransportOptions['answered']>;
  readonly #requested: NonNullable<HttpTransportOptions['requested']>;
  /** One for each protocol, made at its first use: TLS takes a while to load. */
  readonly #agents = new Map<string, http.Agent>();
  #config: KubeConfig;
  #isReloadDue = false;
  /** The certificates that the agent of a proxied KubeConfig was made with. */
  #proxiedWith: string | undefined;

  /** Throws when the config has no current cluster. */
  constructor(config: KubeConfig, options: HttpTransportOptions = {}) {
    clusterOf(config);
    this.#config = config;
    this.#reload = options.reload;
    this.#sent = options.sent;
    this.#answered = options.answered ?? (() => undefined);
    this.#requested = options.requested ?? (() => undefined);
    this.#connectLimitMs = options.connectLimitMs ?? defaultConnectLimitMs;
  }

  get(path: string, signal: AbortSignal, accept = json): Promise<ApiResponse> {
    return this.#request(path, { signal, accept });
  }

  /** Creates an object; rejects as `get` does. */
  post(path: string, object: unknown, signal: AbortSignal): Promise<ApiResponse> {
    return this.#request(path, { method: 'POST', signal, accept: json }, JSON.stringify(object));
  }

  close(): void {
    this.#agents.forEach((agent) => {
      agent.destroy();
    });
  }

  async #request(
    path: string,
    what: { readonly method?: 'POST'; readonly signal: AbortSignal; readonly accept: string },
    body?: string,
  ): Promise<ApiResponse> {
    // An exec plugin may hang; what is aborted does not wait for it.
    const { accept, ...how } = what;
    const options = await abortable(this.#requestOptions(accept), what.signal);
    const url = new URL(`${clusterOf(this.#config).server.replace(/\/+$/, '')}${path}`);
    const response = await this.#sendAndTell(url, withBody({ ...options, ...how }, body), body);
    const { remoteAddress, remotePort } = response.socket;
    if (remoteAddress !== undefined && remotePort !== undefined) {
      this.#answered(remoteAddress, remotePort);
    }
    response.setEncoding('utf8');
    const status = response.statusCode ?? 0;
    this.#isReloadDue ||= status === unauthorized;
    const retryAfter = Number(response.headers['retry-after']);
    return {
      status,
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
      date: response.headers.date,
      // A stream of a set encoding yields strings.
      body: response as AsyncIterable<string>,
    };
  }

  /** What is aborted was not wanted any more: that is no answer that is missing. */
  async #sendAndTell(
    url: URL,
    options: https.RequestOptions,
    body: string | undefined,
  ): Promise<http.IncomingMessage> {
    const { method = 'GET', signal } = options;
    try {
      const response = await this.#send(url, options, body);
      this.#requested(url.host, method, response.statusCode ?? 0);
      return response;
    } catch (error) {
      if (signal?.aborted !== true) {
        this.#requested(url.host, method, 'none');
      }
      throw error;
    }
  }

  async #send(
    url: URL,
    options: https.RequestOptions,
    body: string | undefined,
  ): Promise<http.IncomingMessage> {
    try {
      return await connectAndSend(url, options, this.#connectLimitMs, body, this.#sent);
    } catch (error) {
      if (isLostReuse(error)) {
        // The server closed the connection while it was idle: that is no failure.
        return connectAndSend(url, { ...options, agent: false }, this.#connectLimitMs, body);
      }
      throw error;
    }
  }

  async #requestOptions(accept: string): Promise<https.RequestOptions> {
    if (this.#isReloadDue) {
      await this.#reloadConfig();
    }
    const { server, proxyUrl = '' } = clusterOf(this.#config);
    const options = await optionsOf(this.#config, accept);
    if (proxyUrl !== '') {
      return this.#withFreshAgent(options, accept);
    }
    // KubeConfig's agent keeps the certificate it was made with, for ever.
    return { ...options, agent: this.#agentFor(server) };
  }

  #agentFor(server: string): http.Agent {
    const protocol = server.startsWith('http:') ? 'http' : 'https';
    const held = this.#agents.get(protocol);
    const agent = held ?? new (protocol === 'http' ? http : https).Agent(agentOptions);
    this.#agents.set(protocol, agent);
    return agent;
  }

  /** The agents for proxies are KubeConfig's own: a new certificate needs a new KubeConfig. */
  async #withFreshAgent(
    options: https.RequestOptions,
    accept: string,
  ): Promise<https.RequestOptions> {
    const certificates = JSON.stringify([options.ca, options.cert, options.key]);
    const isFresh = this.#proxiedWith === undefined || this.#proxiedWith === certificates;
    this.#proxiedWith = certificates;
    if (isFresh || this.#reload === undefined) {
      return options;
    }
    await this.#reloadConfig();
    return optionsOf(this.#config, accept);
  }

  async #reloadConfig(): Promise<void> {
    if (this.#reload !== undefined) {
      const config = await this.#reload();
      clusterOf(config);
      this.#config = config;
    }
    this.#isReloadDue = false;
  }
}

async function optionsOf(config: KubeConfig, accept: string): Promise<https.RequestOptions> {
  const headers = { Accept: accept, 'User-Agent': 'kube-ipvs' };
  const options: https.RequestOptions = { headers };
  await config.applyToHTTPSOptions(options);
  return options;
}

function withBody(options: https.RequestOptions, body: string | undefined): https.RequestOptions {
  const type = { 'Content-Type': json };
  return body === undefined
    ? options
    : { ...options, headers: Object.assign({}, options.headers, type) };
}

function clusterOf(config: KubeConfig): NonNullable<ReturnType<KubeConfig['getCurrentCluster']>> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error('the kubeconfig has no current context with a cluster');
  }
  return cluster;
}
