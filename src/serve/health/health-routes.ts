import type { TextAnswer } from '../http/http-endpoint.ts';

/** What the answers depend on. */
export interface HealthState {
  /** The kernel can be read and written, or has failed for no more than two periods. */
  readonly alive: boolean;
  /** It was equal to the cluster at least once. */
  readonly ready: boolean;
  /** What is configured and not in place, but may still come: why this node is not ready. */
  readonly waitingFor: readonly string[];
  /** The Node stays: it is not being deleted, nor about to be by the autoscaler. */
  readonly nodeEligible: boolean;
  /** Milliseconds since 1970; undefined before the first sync. */
  readonly lastSyncAtMs: number | undefined;
  readonly nowMs: number;
}

/**
 * The health endpoint. `/healthz` is for load balancers: it fails on a node that leaves, too (KEP-3836);
 * `/livez` says whether a restart could help; `/readyz` whether this node serves Services with
 * all that is configured, but for what its kernel cannot have. Status, headers and body of the first two
 * are kube-proxy's (pkg/proxy/healthcheck/proxy_health.go).
 * Pure.
 */
export function healthAnswer(path: string, state: HealthState): TextAnswer | undefined {
  switch (path) {
    case '/healthz':
      return statusAnswer(state, state.ready && state.alive && state.nodeEligible, {
        nodeEligible: state.nodeEligible,
      });
    case '/livez':
      return statusAnswer(state, state.alive, {});
    case '/readyz':
      return statusAnswer(state, state.ready && state.waitingFor.length === 0, {
        waitingFor: state.waitingFor,
      });
    default:
      return undefined;
  }
}

function statusAnswer(state: HealthState, isGood: boolean, more: object): TextAnswer {
  const { lastSyncAtMs, nowMs } = state;
  return {
    status: isGood ? 200 : 503,
    headers: { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' },
    body: JSON.stringify({
      lastUpdated: lastSyncAtMs === undefined ? null : new Date(lastSyncAtMs).toISOString(),
      currentTime: new Date(nowMs).toISOString(),
      ...more,
    }),
  };
}
