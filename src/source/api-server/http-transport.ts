import http from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ApiResponse, ApiTransport } from './transport.ts';

/** How long a connection may be silent before the kernel asks whether the peer lives. */
const keepAliveProbeMs = 30_000;

/**
 * Requests to the API server of a KubeConfig, with its credentials: they are asked for
 * anew with each request, so that tokens and client certificates may rotate.
 */
export class HttpTransport implements ApiTransport {
  readonly #config: KubeConfig;
  readonly #server: string;
  readonly #proxied: boolean;
  readonly #agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true }),
  };

  /** Throws when the config has no current cluster. */
  constructor(config: KubeConfig) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) {
      throw new Error('the kubeconfig has no current context with a cluster');
    }
    this.#config = config;
    this.#server = cluster.server.replace(/\/+$/, '');
    this.#proxied = cluster.proxyUrl !== undefined && cluster.proxyUrl !== '';
  }

  async get(path: string, signal: AbortSignal, limitMs: number): Promise<ApiResponse> {
    const url = new URL(`${this.#server}${path}`);
    const options = await this.#requestOptions(url.protocol === 'http:' ? 'http' : 'https');
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const response = await send(url, { ...options, signal: deadline });
    response.setEncoding('utf8');
    const retryAfter = Number(response.headers['retry-after']);
    return {
      status: response.statusCode ?? 0,
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
      // A stream of a set encoding yields strings.
      body: response as AsyncIterable<string>,
    };
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #requestOptions(scheme: 'http' | 'https'): Promise<https.RequestOptions> {
    const headers = { Accept: 'application/json', 'User-Agent': 'kube-ipvs' };
    const options: https.RequestOptions = { headers };
    await this.#config.applyToHTTPSOptions(options);
    if (!this.#proxied) {
      // KubeConfig's agent keeps the certificate it was made with, for ever.
      options.agent = this.#agents[scheme];
    }
    return options;
  }
}

function send(url: URL, options: https.RequestOptions): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'http:' ? http : https).get(url, options, resolve);
    request.on('error', reject);
    request.on('socket', (socket) => {
      socket.setKeepAlive(true, keepAliveProbeMs);
    });
  });
}
