import type { HealthCheck } from '../../translate/desired.ts';

/** What a load balancer reads at a health-check node port. */
export interface HealthCheckAnswer {
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The answer for one Service: 200 where this node has ready endpoints and serves them. Headers and
 * body are kube-proxy's (pkg/proxy/healthcheck/service_health.go). Pure.
 */
export function healthCheckAnswer(
  service: { readonly namespace: string; readonly name: string },
  { localEndpoints }: HealthCheck,
  serviceProxyHealthy: boolean,
): HealthCheckAnswer {
  const { namespace, name } = service;
  return {
    status: localEndpoints > 0 && serviceProxyHealthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
    },
    body: JSON.stringify(
      { service: { namespace, name }, localEndpoints, serviceProxyHealthy },
      undefined,
      '\t',
    ),
  };
}
