import type { MetricRegistry } from '../metric-registry.ts';

export interface ApiMetrics {
  /** A list, a watch, or what became of one. */
  event(resource: string, event: string): void;
  /** Whether what was heard last was an answer, and no failure; undefined where nobody asks any more. */
  connected(followed: string, isConnected: boolean | undefined): void;
  /** A request was answered with a status, or was not answered at all. */
  answered(host: string, method: string, status: number | 'none'): void;
}

/** How the API server answers. */
export function apiMetrics(make: MetricRegistry): ApiMetrics {
  const events = make.counter({
    name: 'kube_ipvs_api_requests_total',
    help: 'Lists and watches at the API server, and what became of them.',
    labels: {
      resource: '`services`, `endpointslices`, `nodes`',
      event:
        '`list`, `watch` or `version check` when one was asked for; `listed`, `watch restart`, `passed over`, or `failed: ` with the reason for what became of it',
    },
  });
  const connected = make.gauge({
    name: 'kube_ipvs_api_connected',
    help: '1 while the API server answers for the resource, 0 from a failure until it is heard again. Missing for what nobody asks for, and where the cluster comes from manifests.',
    labels: { resource: '`services`, `endpointslices`, `own node`, or `nodes` for all of them' },
  });
  const requests = make.counter({
    name: 'rest_client_requests_total',
    help: 'HTTP requests to the API server.',
    labels: {
      code: 'the HTTP status, or `<error>` where there was no answer',
      method: '`GET` or `POST`',
      host: 'the host and port of the API server',
    },
  });
  return {
    event: (resource, event) => {
      events.inc({ resource, event });
    },
    connected: (resource, isConnected) => {
      if (isConnected === undefined) {
        connected.remove({ resource });
      } else {
        connected.set({ resource }, Number(isConnected));
      }
    },
    answered: (host, method, status) => {
      requests.inc({ code: status === 'none' ? '<error>' : String(status), method, host });
    },
  };
}
