import { wallClockMs } from '../base/time/wall-clock.ts';
import { healthAnswer } from '../serve/health/health-routes.ts';
import type { ProxyHealth } from '../serve/health/proxy-health.ts';
import type { TextAnswer } from '../serve/http/http-endpoint.ts';
import type { DaemonParts } from './daemon-parts.ts';

/** What the health endpoint answers now, which is counted; undefined where there is nothing at a path. */
export function answerHealth(
  path: string,
  { alive, ready, lastSyncAtMs }: ProxyHealth,
  { store, kernel, metrics }: Pick<DaemonParts, 'store' | 'kernel' | 'metrics'>,
): TextAnswer | undefined {
  const answer = healthAnswer(path, {
    alive,
    ready,
    lastSyncAtMs,
    waitingFor: kernel.reconciler.foundations.waitingFor(),
    nodeEligible: store.node?.isLeaving !== true,
    nowMs: wallClockMs(),
  });
  if (answer !== undefined) {
    metrics.health.answered(path, answer.status);
  }
  return answer;
}
